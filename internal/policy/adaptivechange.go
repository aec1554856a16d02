package policy

import (
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// change finds the one thing that would have led elsewhere.
func (a *Adaptive) change(x *Account, who route.Subject, p estimate.Prediction) Change {
	switch x.Rule {
	case RuleRouter:
		return x.bound()
	case RulePressure:
		return Change{KnobPressure, route.CPUPool, 1}
	case RuleUnknown:
		return a.known(x, who)
	case RuleInlineCap:
		return a.longer(x)
	case RulePeer:
		return Change{} // what would have kept it is the peer's
	case RuleInfeasible, RuleDoor, RuleProbe, RuleFloor:
		return a.admitted(x, p)
	}
	if least, ok := a.leastBudget(p, admission.CellOf(x.Class, p.LogMean())); ok {
		return Change{KnobLessBudget, route.Drop, least.Seconds()}
	}
	return Change{}
}

// known is the change of a job whose kind nothing is known of: the table's, whose gate does
// not count, or a job of the kind that has run.
func (a *Adaptive) known(x *Account, who route.Subject) Change {
	if c := a.Table.change(x, who.Allowed); c.Knob != KnobNone && c.Knob != KnobBusyThreshold {
		return c
	}
	return Change{KnobSamples, x.Strategy, 1}
}

// longer is the change of a job that runs inline.
func (a *Adaptive) longer(x *Account) Change {
	if x.Proven || x.Cost < 2 {
		return Change{KnobHigh, route.CPUPool, InlineCap.Seconds()}
	}
	return Change{KnobInlineThreshold, route.CPUPool, float64(x.Cost - 1)}
}

// muchMore is by how much a budget may grow and still be something that a caller could give.
const muchMore = 4

// admitted is what would have let a refused job in: somewhat more time, a class that matters
// more, or cores.
func (a *Adaptive) admitted(x *Account, p estimate.Prediction) Change {
	door, cell := &a.Book.Door, admission.CellOf(x.Class, p.LogMean())
	budget, ok := a.leastBudget(p, cell)
	in, ok := Change{KnobBudget, route.CPUPool, budget.Seconds()}, ok && budget > x.Budget
	if ok && (x.infeasible(p) || budget/muchMore <= x.Budget) {
		return in
	}
	critical := admission.CellOf(route.ClassCritical, p.LogMean())
	if critical < cell && door.Miss(critical, x.Budget-door.Run(critical, p.Mean())) <= sureMiss {
		return Change{KnobClass, route.CPUPool, float64(route.ClassCritical)}
	}
	if more, can := door.More(cell, p.Mean(), x.Budget, sureSigmas); can {
		return Change{KnobCores, route.CPUPool, more}
	}
	if ok {
		return in
	}
	return Change{}
}

// infeasible reports whether the job is too long for its budget on any number of cores.
func (x *Account) infeasible(p estimate.Prediction) bool {
	return p.Trust >= estimate.Settled && p.Beyond(x.Budget) > sureMiss
}

// leastBudget is the budget from which on a job of a cell is let in; ok is false if none is.
func (a *Adaptive) leastBudget(p estimate.Prediction, cell admission.Cell) (least time.Duration, ok bool) {
	if p.Trust >= estimate.Settled {
		least = time.Duration(stats.Exp2(min(p.Log-float64(sureSigmas*p.Spread), 53))) + 1
	}
	if a.Book.Door.Cores == 0 { // it lets everything pass
		return least, p.Trust >= estimate.Settled
	}
	slack, ok := a.Book.Door.Least(cell, sureSigmas)
	if !ok || slack > longestBudget {
		return 0, false
	}
	run := a.Book.Door.Run(cell, p.Mean())
	least = max(least, run+slack)
	// Where more comes than the cores can do, a little more time can be too much again.
	return least, a.Book.Door.Miss(cell, least-run+least/16) <= sureMiss
}

// longestBudget is the longest that is worth proposing.
const longestBudget = forever
