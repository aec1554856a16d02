package study

import (
	"github.com/helixrouter/helix/internal/bound"
	"github.com/helixrouter/helix/internal/report"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
)

// Bound is how many of a scenario's jobs could at most finish inside their budgets. A
// retry is late when its first attempt is, so that first attempts are the jobs. No
// scenario has jobs that cost less in a batch; if one had, its least cost would be
// the work that counts.
func Bound(s *scenario.Scenario) float64 {
	var jobs []bound.Job
	for j := range s.Jobs() {
		due, ok := j.Due()
		if !ok {
			due = bound.Never
		}
		jobs = append(jobs, bound.Job{Release: j.At, Due: due, Work: j.Service})
	}
	steps := []bound.Step{{From: 0, Cores: s.Cores(0)}}
	for at, ok := s.NextCores(0); ok; at, ok = s.NextCores(at) {
		steps = append(steps, bound.Step{From: at, Cores: s.Cores(at)})
	}
	return bound.Finished(jobs, steps)
}

// Row makes the row of a simulated run.
func Row(policy string, s *scenario.Scenario, r *sim.Result, most float64) report.Row {
	o := s.Options()
	t := report.Tally{
		Offered: r.Offered, Good: r.Good, Late: r.Late, Shed: r.Shed, Expired: r.Expired,
		Bound: most, P50: r.P50, P99: r.P99, Wasted: r.Wasted, CoreTime: r.CoreTime,
		Decisions: r.Decisions, Duration: o.Duration,
	}
	return t.Row(policy, s.Name, o.Load, o.Cores)
}
