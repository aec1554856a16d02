package policy

import (
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/route"
)

// Explain implements Explainer. It repeats the predictions of Decide: what was decided on
// is in a book that is immutable.
func (a *Adaptive) Explain(req route.Request, who route.Subject, load route.Load, sig route.Signals, d route.Decision) Account {
	x := facts(req, who, load, sig, d)
	a.Table.account(&x)
	x.Lanes, x.calm = int32(a.Book.Lanes), a.Book.Calm
	var c question
	if a.size(&c, req, who, load) {
		if a.mayJoin(who) {
			a.join(&c, req, who, &sig)
		}
		if w := &a.Book.Weights; w.Acts(who.Kind) {
			features := a.features(&c, req, load, &sig)
			for _, s := range [...]route.Strategy{route.Spawn, route.CPUPool} {
				x.Learned[s] = w.Residual(s, who.Kind, &features)
			}
		}
		a.foresee(&x, who, c.p)
		if c.together {
			a.foreseeBatch(&x, &c, who.Kind)
		}
	}
	p := c.p
	x.Rule = a.rule(&x, p)
	x.Change = a.change(&x, who, p)
	return x
}

// free reports whether a lane was free when the job came.
func (x *Account) free() bool { return x.calm || x.Busy+x.Spawned < x.Lanes }

func (a *Adaptive) rule(x *Account, p estimate.Prediction) Rule {
	switch {
	case routers(x.Reason):
		return RuleRouter
	case x.External >= 1 && x.Reason == route.ReasonBusyGate:
		return RulePressure
	case !p.Known():
		return RuleUnknown
	case x.Reason == route.ReasonShort:
		return RuleInlineCap
	case x.Reason == route.ReasonInfeasible:
		return RuleInfeasible
	case x.Reason == route.ReasonScarce, x.Reason == route.ReasonOverShare:
		return RuleDoor
	case x.Reason == route.ReasonProbe:
		return RuleProbe
	case x.Reason == route.ReasonFloor:
		return RuleFloor
	case x.Reason == route.ReasonPeer:
		return RulePeer
	case x.free():
		return RuleLanesFree
	}
	return RuleLanesTaken
}

// foresee adds what is predicted of the job and of each arm.
func (a *Adaptive) foresee(x *Account, who route.Subject, p estimate.Prediction) {
	door, cell := &a.Book.Door, admission.CellOf(who.Class, p.LogMean())
	x.Service, x.High, x.Proven = p.Mean(), min(p.High(), forever), p.Trust == estimate.Proven
	x.Spread, x.Samples = float32(p.Spread), int32(a.Book.Curves[who.Kind].Samples)
	q := door.Before(cell)
	x.Demand, x.Before, x.Cores = float32(door.Demand()), float32(q.Demand), float32(door.Cores)
	x.Scarcity, x.Backlog = float32(door.Scarcity()), q.Backlog
	run := door.Run(cell, x.Service)
	x.Arms[route.Inline].Run = x.Service
	x.Arms[route.Spawn].Run = x.shared(x.Service)
	slot := Arm{Run: run}
	if !x.free() || x.Reason.Sheds() || x.Reason == route.ReasonProbe || x.Reason == route.ReasonFloor {
		slot.Wait = a.wait(cell)
		slot.Miss = float32(a.late(x.Budget, run, cell))
	}
	for _, s := range []route.Strategy{route.CPUPool, route.Batch} {
		slot.Allowed = x.Arms[s].Allowed
		x.Arms[s] = slot
	}
	long := p.Beyond(x.Budget)
	for s := range x.Arms[:route.Drop] {
		x.Arms[s].Overhead = a.Book.Overheads[s]
		x.miss(route.Strategy(s), p, long)
	}
}

// foreseeBatch is what is predicted of the arm of a job that is to be batched: the run of its whole batch, at a turn
// that comes by its part of it.
func (a *Adaptive) foreseeBatch(x *Account, c *question, kind uint32) {
	curve := &a.Book.Batches[kind].Curve
	x.Gain = float32(max(curve.Gain(curve.Typical), 0))
	arm := &x.Arms[route.Batch]
	*arm = Arm{Allowed: arm.Allowed, Run: c.run, Wait: a.wait(c.cell)}
	if x.Budget > 0 {
		arm.Miss = float32(a.late(x.Budget, c.run, c.cell))
		arm.Miss = 1 - (1-arm.Miss)*float32(1-c.p.Beyond(x.Budget))
	}
	arm.Loss = x.loss(route.Batch)
}

// shared is how long a job runs beside everything else that was let in.
func (x *Account) shared(service time.Duration) time.Duration {
	if x.Lanes == 0 {
		return service
	}
	return time.Duration(float64(service) * max(1, float64(x.Busy+x.Spawned+1)/float64(x.Lanes)))
}

// late is the probability that a turn does not come in time.
func (a *Adaptive) late(budget, run time.Duration, cell admission.Cell) float64 {
	if budget == 0 {
		return 0
	}
	return a.Book.Door.Miss(cell, budget-run)
}

// miss joins an arm's risk to wait for too long with that to run for too long, which is
// long where the job has a core of its own.
func (x *Account) miss(s route.Strategy, p estimate.Prediction, long float64) {
	arm := &x.Arms[s]
	if x.Budget > 0 {
		if arm.Run > x.Service {
			long = p.Beyond(time.Duration(float64(x.Budget) / (float64(arm.Run) / float64(max(x.Service, 1)))))
		}
		arm.Miss = 1 - float32((1-float64(arm.Miss))*(1-long))
	}
	arm.Loss = x.loss(s)
}
