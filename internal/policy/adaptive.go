package policy

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/route"
)

// Adaptive predicts when a job would be done, refuses what would not be in time, and
// lets the rest run: inline what is proven to be short, and on the pool what is
// not, in an order that finishes the most. It is immutable: a new one is made of each Book.
type Adaptive struct {
	Table Threshold // for work of unproven size
	Book  *Book
}

// Book is what a decision reads of all that was measured. It is immutable.
type Book struct {
	Curves []estimate.Curve // by kind
	Door   admission.Door
	Lanes  int // how many jobs of about the same size the cores can run at a time
}

var _ route.Policy = (*Adaptive)(nil)

const (
	// InlineCap is the longest that a job may take, 99 times of 100, that runs on its
	// caller's goroutine unasked. A caller that computes for longer cannot leave.
	InlineCap = 100 * time.Microsecond
	// sureMiss is the probability of missing its time from which a job is refused. Lower, and
	// jobs are refused that would have made it; higher, and callers wait for nothing.
	sureMiss = 0.97
	// patience is the time to be late that is given to a job without a budget in the
	// order of the queue: it comes after all with usual budgets, and in its turn.
	patience = 10 * time.Second
	// sizeWeight is by how much sooner a job may be late that is 1 ns longer, and still
	// come after. At 5 too much runs under heavy overload that is urgent and long; at
	// 100 long jobs are forgotten until they are late in a burst that will end.
	sizeWeight = 20
	// classStep puts each class behind all of the one before: more than any budget and size.
	classStep = 1000 * time.Hour
)

// Decide implements route.Policy.
func (a *Adaptive) Decide(req route.Request, who route.Subject, load route.Load, sig *route.Signals) route.Decision {
	if sig.External >= 1 { // somebody has closed the door
		return route.Decision{Strategy: route.Drop, Reason: route.ReasonBusyGate, Propensity: 1}
	}
	p := a.predict(req, who.Kind)
	if !p.Known() {
		return a.unknown(req, who, sig)
	}
	cell := admission.CellOf(who.Class, p.LogMean())
	d := route.Decision{Propensity: 1, Service: p.Mean(), Cell: uint16(cell)}
	d.Order = order(req.Budget, d.Service, who.Class)
	if a.inline(req, who, p) {
		d.Strategy, d.Reason, d.Predicted = route.Inline, route.ReasonShort, d.Service
		return d
	}
	run := a.Book.Door.Run(cell, d.Service)
	if reason, refused := a.refuse(req.Budget, run, cell, p); refused {
		d.Strategy, d.Reason, d.Predicted = route.Drop, reason, a.finish(cell, run)
		return d
	}
	if req.Budget > 0 {
		d.Start = max(req.Budget-run, 1)
	}
	free := load.Queued == 0 && load.CPUBusy+load.Spawned < a.Book.Lanes
	d.Strategy, d.Reason = a.arm(req, who, sig, free)
	d.Predicted = d.Service
	if !free {
		d.Predicted = a.finish(cell, run)
	}
	return d
}

// inline reports whether a job runs on its caller's goroutine: one that is proven to be
// short, or that the table would run there and nothing is known against it.
func (a *Adaptive) inline(req route.Request, who route.Subject, p estimate.Prediction) bool {
	switch {
	case !who.Allowed.Has(route.Inline) || p.Mean() > InlineCap:
		return false
	case p.Proven:
		return p.High() <= InlineCap
	default:
		return !req.Unsized && req.Cost <= a.Table.InlineThreshold
	}
}

// refuse says whether a job would be late that was let in, and why.
func (a *Adaptive) refuse(budget, run time.Duration, cell admission.Cell, p estimate.Prediction) (route.Reason, bool) {
	switch {
	case budget == 0:
		return 0, false
	case p.Settled && p.Beyond(budget) > sureMiss:
		return route.ReasonInfeasible, true
	case a.Book.Door.Miss(cell, budget-run) > sureMiss:
		return route.ReasonScarce, true
	}
	return 0, false
}

// finish is when a job would be done that waits its turn.
func (a *Adaptive) finish(cell admission.Cell, run time.Duration) time.Duration {
	wait, ok := a.Book.Door.Wait(cell)
	if !ok {
		return forever
	}
	return min(wait, forever) + run
}

// wait is how long the turn of a job is in coming.
func (a *Adaptive) wait(cell admission.Cell) time.Duration {
	wait, ok := a.Book.Door.Wait(cell)
	if !ok {
		return forever
	}
	return min(wait, forever)
}

// forever is what is predicted of work whose turn does not come.
const forever = time.Hour

// arm picks among the ways to run that do not keep the caller. While cores are free they
// all begin at once, and the table picks; otherwise the pool, whose order makes the
// most of what is scarce.
func (a *Adaptive) arm(req route.Request, who route.Subject, sig *route.Signals, free bool) (route.Strategy, route.Reason) {
	cost := req.Cost
	if req.Unsized {
		cost = math.MaxUint64
	}
	s, reason := a.Table.Row(cost, req.Scaling, -1, sig.SpawnThreshold, who.Allowed.Without(route.Inline))
	if s == route.Batch || s == route.Spawn && free {
		return s, reason
	}
	return route.CPUPool, route.ReasonFits
}

func order(budget, size time.Duration, class route.Class) time.Duration {
	if budget == 0 {
		budget = patience
	}
	o := budget + sizeWeight*size
	switch class {
	case route.ClassSheddable:
		return o + classStep
	case route.ClassCritical:
		return o - classStep
	case route.ClassCriticalPlus:
		return o - 2*classStep
	}
	return o
}

func (a *Adaptive) predict(req route.Request, kind uint32) estimate.Prediction {
	if int(kind) >= len(a.Book.Curves) {
		return estimate.Prediction{}
	}
	units := req.Cost
	if req.Unsized {
		units = 0
	}
	return a.Book.Curves[kind].Predict(units)
}

// unknown follows the table without its gate; injected pressure still counts.
func (a *Adaptive) unknown(req route.Request, who route.Subject, sig *route.Signals) route.Decision {
	d := a.Table.Decide(req, who, route.Load{}, sig)
	d.Order = order(req.Budget, 0, who.Class)
	return d
}
