package study

import (
	"fmt"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/explain"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
	"github.com/helixrouter/helix/route"
	"github.com/helixrouter/helix/workload"
)

// Replay runs one trace under several policies and holds their decisions against each other
// and, where they were recorded, against what was decided then.
type Replay struct {
	Policies []string // of Policies; the first row is what the others are compared with
	Cores    int
	Load     float64 // 0 = as recorded
	Log      []workload.Entry
	Settings helix.ConfigPatch // of every policy's configuration
}

// Replayed is what came out.
type Replayed struct {
	Policies    []ReplayedPolicy `json:"policies"`
	Differences []Difference     `json:"differences"` // the first of them, in order of arrival
}

// ReplayedPolicy is what became of the jobs under one policy.
type ReplayedPolicy struct {
	Policy     string  `json:"policy"`
	Jobs       int     `json:"jobs"`
	Goodput    float64 `json:"goodput_fraction"` // done in time, of all jobs
	Shed       int     `json:"shed"`
	Expired    int     `json:"expired"`
	Late       int     `json:"late"`
	P99Seconds float64 `json:"p99_seconds"`
	Differs    int     `json:"differs"` // jobs that went elsewhere than under the first policy
}

// Difference is one job that policies disagree on.
type Difference struct {
	JobID     uint64     `json:"job_id"`
	Kind      string     `json:"kind"`
	AtSeconds float64    `json:"at_seconds"`
	Answers   []Answered `json:"answers"` // in the order of the policies
}

// Answered is what one policy did with a job, and why.
type Answered struct {
	Policy   string         `json:"policy"`
	Strategy route.Strategy `json:"strategy"`
	Reason   route.Reason   `json:"reason"`
	Sentence string         `json:"sentence"`
}

// shownDifferences are enough to see a pattern.
const shownDifferences = 10

// Run runs the trace once under each policy, and once more for the sentences. The same
// trace gives the same answer.
func (p Replay) Run() (Replayed, error) {
	g := Grid{Policies: p.Policies, Cores: p.Cores, Seeds: 1, Trace: p.trace()}
	if err := g.check(); err != nil {
		return Replayed{}, err
	}
	s, err := g.scenario("trace", p.Load, 1)
	if err != nil {
		return Replayed{}, err
	}
	var out Replayed
	var went [][]route.Strategy // by row and job
	if p.recorded() {
		row, strategies := recordedRow(p.Log)
		out.Policies, went = append(out.Policies, row), append(went, strategies)
	}
	for _, name := range p.Policies {
		goes := make([]route.Strategy, len(p.Log))
		went = append(went, goes)
		r, err := p.run(s, name, func(j *scenario.Job, d route.Decision, _ func() policy.Account) { goes[j.ID] = d.Strategy })
		if err != nil {
			return Replayed{}, err
		}
		out.Policies = append(out.Policies, replayed(name, &r))
	}
	shown := compare(went, out.Policies)
	out.Differences, err = p.explain(s, shown)
	return out, err
}

func (p *Replay) run(s *scenario.Scenario, name string, decided func(*scenario.Job, route.Decision, func() policy.Account)) (sim.Result, error) {
	o, err := options(name, s, p.Cores, p.Settings)
	if err != nil {
		return sim.Result{}, err
	}
	o.Curves = batchable(p.Log)
	o.Decided = decided
	return sim.Run(s, o)
}

func replayed(name string, r *sim.Result) ReplayedPolicy {
	return ReplayedPolicy{
		Policy: name, Jobs: r.Offered, Goodput: float64(r.Good) / float64(max(r.Offered, 1)),
		Shed: r.Shed, Expired: r.Expired, Late: r.Late, P99Seconds: r.P99.Seconds(),
	}
}

// compare counts where the policies part from the first, and returns the first jobs on which
// any does.
func compare(went [][]route.Strategy, rows []ReplayedPolicy) (shown []int) {
	for job, first := range went[0] {
		differs := false
		for i := range went {
			if went[i][job] != first {
				rows[i].Differs++
				differs = true
			}
		}
		if differs && len(shown) < shownDifferences {
			shown = append(shown, job)
		}
	}
	return shown
}

// explain asks every policy about the jobs that are shown.
func (p *Replay) explain(s *scenario.Scenario, shown []int) ([]Difference, error) {
	found := make([]Difference, len(shown))
	place := make(map[uint64]*Difference, len(shown))
	for i, job := range shown {
		r := &p.Log[job]
		found[i] = Difference{JobID: r.ID, Kind: r.Kind}
		if p.recorded() {
			found[i].Answers = append(found[i].Answers, recordedAnswer(r))
		}
		place[uint64(job)] = &found[i]
	}
	if len(shown) == 0 {
		return found, nil
	}
	for _, name := range p.Policies {
		_, err := p.run(s, name, func(j *scenario.Job, d route.Decision, account func() policy.Account) {
			x := place[j.ID]
			if x == nil {
				return
			}
			a := account()
			x.AtSeconds = j.At.Seconds()
			x.Answers = append(x.Answers, Answered{name, d.Strategy, d.Reason, explain.Sentence(fmt.Sprintf("%s #%d", x.Kind, x.JobID), &a)})
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
