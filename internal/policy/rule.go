package policy

import "github.com/helixrouter/helix/route"

// Rule is the part of a policy that decided.
type Rule uint8

// The rules.
const (
	RuleTable      Rule = iota // a row of the documented table
	RuleUnknown                // nothing is known of the kind: the table, without its gate
	RulePressure               // injected pressure of 1 closes the door
	RuleInlineCap              // proven, or declared, to be short enough for its caller's goroutine
	RuleInfeasible             // runs longer than its budget
	RuleDoor                   // its turn does not come in time
	RuleProbe                  // refused, and let in to keep its kind's prediction true
	RuleFloor                  // refused, and let in for the floor of its class or tenant
	RuleLanesFree              // cores are free: the table picks
	RuleLanesTaken             // no core is free: the pool's order
	RuleRouter                 // a bound of the router's, a nested submit or a closed router
	RuleForeign                // a policy of the user's own
	RulePeer                   // a peer is predicted to make more of it
	numRules
)

var ruleNames = [numRules]string{
	"table", "unknown_kind", "pressure", "inline_cap", "infeasible", "door", "probe", "floor", "lanes_free", "lanes_taken", "router", "own_policy", "peer",
}

// String returns the wire name.
func (r Rule) String() string {
	if r < numRules {
		return ruleNames[r]
	}
	return "unknown"
}

// Knob is something that could have been otherwise.
type Knob uint8

// The knobs, with the unit of their value.
const (
	KnobNone            Knob = iota
	KnobBudget               // seconds: at least so much
	KnobLessBudget           // seconds: below so much
	KnobCores                // so many more
	KnobClass                // a route.Class
	KnobInlineThreshold      // cost
	KnobSpawnThreshold       // cost
	KnobBusyThreshold        // slots
	KnobSpawnLimit           // jobs
	KnobQueueCap             // jobs
	KnobCost                 // declared cost
	KnobScaling              // 0..1: at least so much for batch, below it for anything else
	KnobPressure             // injected, 0..1: below so much
	KnobSamples              // jobs of the kind that have run
	KnobHigh                 // seconds: the kind's 99th percentile above so much
	numKnobs
)

var knobNames = [numKnobs]string{
	"none", "latency_budget_at_least_seconds", "latency_budget_below_seconds", "more_cores", "class", "inline_threshold", "spawn_threshold",
	"backpressure_busy_threshold", "spawn_limit", "cpu_queue_cap", "compute_cost", "scaling_potential", "injected_pressure_below",
	"finished_jobs_of_its_kind", "service_p99_above_seconds",
}

// String returns the wire name.
func (k Knob) String() string {
	if k < numKnobs {
		return knobNames[k]
	}
	return "unknown"
}

// Change is the one thing that would have made a decision go otherwise. The zero Change
// is none that can be named.
type Change struct {
	Knob  Knob
	To    route.Strategy // where the job would have gone; cpu_pool stands for being let in
	Value float64
}
