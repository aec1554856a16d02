package helix

import (
	"fmt"
	"strconv"

	"github.com/helixrouter/helix/internal/explain"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// Explanation is a decision with everything that led to it. What the policy did not
// know is 0: the threshold table predicts nothing.
type Explanation struct {
	Decision Decision `json:"decision"`
	Sentence string   `json:"sentence"` // all of it, for people
	// Rule is what decided: table, unknown_kind, pressure, inline_cap, infeasible, door, probe,
	// floor, lanes_free, lanes_taken, router, own_policy or peer.
	Rule      string           `json:"rule"`
	Class     Class            `json:"class"`
	Budget    float64          `json:"budget_seconds"` // left at submit; 0 = none
	Arms      []ArmAccount     `json:"arms"`           // in the order of the strategies
	Predicted ServiceAccount   `json:"predicted"`
	Load      LoadAccount      `json:"load"`
	Supply    SupplyAccount    `json:"supply"`
	Table     ThresholdAccount `json:"table"`
	Change    *ChangeAccount   `json:"change"` // null when nothing can be named
}

// ArmAccount is what was predicted of one way to run the job.
type ArmAccount struct {
	Strategy Strategy `json:"strategy"`
	Chosen   bool     `json:"chosen"`
	Allowed  bool     `json:"allowed"`
	Wait     float64  `json:"wait_seconds"`
	Overhead float64  `json:"overhead_seconds"` // 0 = not known
	Run      float64  `json:"run_seconds"`      // 0 = not known
	Miss     float64  `json:"miss_probability"`
	Loss     float64  `json:"loss"`    // expected; the rules of the policy come before it
	Learned  float64  `json:"learned"` // part of the loss that was learned
}

// ServiceAccount is what was predicted of the job itself.
type ServiceAccount struct {
	Service float64 `json:"service_seconds"` // mean core time; 0 = not known
	High    float64 `json:"p99_seconds"`
	Spread  float64 `json:"spread_log2"` // standard deviation of log2 of the core time
	Samples int     `json:"samples"`     // jobs of the kind that were observed
}

// LoadAccount is what the router saw at that moment.
type LoadAccount struct {
	Busy    int `json:"busy"`    // pool slots taken
	Queued  int `json:"queued"`  // jobs that wait
	Spawned int `json:"spawned"` // spawned jobs
	Lanes   int `json:"lanes"`   // jobs that the cores can run at a time; 0 = not looked at
}

// SupplyAccount is demand against cores. Cores is 0 when nothing was measured yet.
type SupplyAccount struct {
	Cores    float64 `json:"cores"`
	Demand   float64 `json:"demand_cores"`    // of all arrivals, the refused ones too
	Before   float64 `json:"before_cores"`    // of what comes before the job, by class and size
	Backlog  float64 `json:"backlog_seconds"` // core time that waits before the job
	Scarcity float64 `json:"scarcity"`        // share of the offered core time that must be turned away
}

// ThresholdAccount is what the table compared.
type ThresholdAccount struct {
	Cost            uint64  `json:"compute_cost"`
	Declared        bool    `json:"declared"` // whether compute_cost means anything
	Scaling         float64 `json:"scaling_potential"`
	InlineThreshold uint64  `json:"inline_threshold"`
	SpawnThreshold  uint64  `json:"spawn_threshold"` // the adaptive one
	BusyThreshold   int     `json:"backpressure_busy_threshold"`
	External        float64 `json:"injected_pressure"`
	SpokenFor       int     `json:"slots_spoken_for"` // that injected pressure stands for
}

// ChangeAccount is the one thing that would have made the decision go otherwise.
type ChangeAccount struct {
	Knob  string   `json:"knob"`
	Value float64  `json:"value"`
	To    Strategy `json:"to"` // where the job would have gone; cpu_pool stands for being let in
}

// NoDecisionError says that a decision was never recorded, or is no longer kept.
type NoDecisionError struct {
	Seq         uint64
	First, Last uint64 // that are kept; 0 when none is
}

// Error names the range that is kept.
func (e *NoDecisionError) Error() string {
	if e.Last == 0 {
		return fmt.Sprintf("decision %d is not kept: none was recorded yet; submit a job", e.Seq)
	}
	return fmt.Sprintf("decision %d is not kept: ask for one of %d to %d", e.Seq, e.First, e.Last)
}

// Explain tells why a recorded decision went as it did. The last 1024 are kept; see
// Decisions. The error is a *NoDecisionError.
func (r *Router) Explain(seq uint64) (Explanation, error) {
	d, account, err := r.accounts.at(r.events, seq)
	if err != nil {
		return Explanation{}, err
	}
	return explanationOf(d, &account), nil
}

func explanationOf(d Decision, a *policy.Account) Explanation {
	e := Explanation{
		Decision: d, Sentence: explain.Sentence(fmt.Sprintf("%s #%d", d.Kind, d.Seq), a),
		Rule: a.Rule.String(), Class: a.Class, Budget: a.Budget.Seconds(),
		Predicted: ServiceAccount{a.Service.Seconds(), a.High.Seconds(), float64(a.Spread), int(a.Samples)},
		Load:      LoadAccount{int(a.Busy), int(a.Queued), int(a.Spawned), int(a.Lanes)},
		Supply:    SupplyAccount{float64(a.Cores), float64(a.Demand), float64(a.Before), a.Backlog.Seconds(), float64(a.Scarcity)},
		Table: ThresholdAccount{
			Cost: a.Cost, Declared: !a.Unsized, Scaling: shortest(a.Scaling), InlineThreshold: a.InlineThreshold, SpawnThreshold: a.SpawnThreshold,
			BusyThreshold: int(a.BusyThreshold), External: float64(a.External), SpokenFor: int(a.SpokenFor),
		},
	}
	for _, s := range route.Strategies() {
		e.Arms = append(e.Arms, armOf(s, a))
	}
	if c := a.Change; c.Knob != policy.KnobNone {
		e.Change = &ChangeAccount{c.Knob.String(), c.Value, c.To}
	}
	return e
}

// shortest is a float32 in the digits that people would write it with.
func shortest(x float32) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(float64(x), 'g', -1, 32), 64)
	if err != nil {
		return float64(x)
	}
	return v
}

func armOf(s route.Strategy, a *policy.Account) ArmAccount {
	arm, learned := &a.Arms[s], 0.0
	if int(s) < len(a.Learned) { // of other machines nothing is learned by the learner
		learned = float64(a.Learned[s])
	}
	return ArmAccount{
		Strategy: s, Chosen: s == a.Strategy, Allowed: arm.Allowed,
		Wait: arm.Wait.Seconds(), Overhead: arm.Overhead.Seconds(), Run: arm.Run.Seconds(),
		Miss: float64(arm.Miss), Loss: float64(arm.Loss), Learned: learned,
	}
}
