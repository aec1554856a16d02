package policy

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/stats"
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
	Curves  []estimate.Curve // by kind; see Know
	short   []estimate.Short // by kind: what keeps InlineCap
	Door    admission.Door
	Weights learn.Weights
	Calm    bool // nothing waits, and half of the cores would do
	// Overheads is what each arm takes at least to start a job; it is for explanations, as it
	// differs by a microsecond between arms that begin at once.
	Overheads [route.NumStrategies]time.Duration
	Lanes     int // how many jobs of about the same size the cores can run at a time
	Queued    int // jobs that waited when it was written

	Batches   []Batching // by kind; nil = batches are not learned: the table says what is batched
	BatchSize int        // most jobs in a batch
}

// Know sets what is known of the kinds, before anybody reads the book.
func (b *Book) Know(curves []estimate.Curve) {
	b.Curves, b.short = curves, make([]estimate.Short, len(curves))
	for i := range curves {
		b.short[i] = curves[i].Short(inlineCapLog)
	}
}

var _ route.Policy = (*Adaptive)(nil)

const (
	// InlineCap is the longest that a job may take, 99 times of 100, that runs on its
	// caller's goroutine unasked. A caller that computes for longer cannot leave.
	InlineCap    = 100 * time.Microsecond
	inlineCapLog = 16.609640474436812 // log2 of it in ns
	// sureMiss is the probability of missing its time from which a job is refused. Lower, and
	// jobs are refused that would have made it; higher, and callers wait for nothing.
	sureMiss = 0.97
	// patience is the time to be late that is given to a job without a budget in the
	// order of the queue: it comes after all with usual budgets, and in its turn.
	patience = 10 * time.Second
	// usualSlack is how many times its core time a job is taken to have for a budget while
	// nothing else is known of its kind. Taken for nothing, what has waited unknown since the start would come
	// before all that is known by then, just in time to be late.
	usualSlack = 10
	// sizeWeight is by how much sooner a job may be late that is 1 ns longer, and still
	// come after. At 5 too much runs under heavy overload that is urgent and long; at
	// 100 long jobs are forgotten until they are late in a burst that will end.
	sizeWeight = 20
	// classStep puts each class behind all of the one before: more than any budget and size
	// count for together, which is mostHours each. Who has longer is in no hurry.
	classStep = 1000 * time.Hour
	mostHours = 400 * time.Hour
)

// sureSigmas is the z at which stats.Normal reaches sureMiss.
var sureSigmas = func() float64 {
	low, high := 0.0, 8.0
	for range 60 {
		if mid := (low + high) / 2; stats.Normal(mid) > sureMiss {
			high = mid
		} else {
			low = mid
		}
	}
	return low
}()

// Decide implements route.Policy.
func (a *Adaptive) Decide(req route.Request, who route.Subject, load route.Load, sig *route.Signals) route.Decision {
	if sig.External >= 1 { // somebody has closed the door
		return route.Decision{Strategy: route.Drop, Reason: route.ReasonBusyGate, Propensity: 1}
	}
	if a.inline(req, who) { // the path that must be quick: it predicts no more than that
		return route.Decision{Strategy: route.Inline, Reason: route.ReasonShort, Propensity: 1}
	}
	var c question
	if !a.size(&c, req, who, load) {
		return a.unknown(req, who, load, sig)
	}
	if a.mayJoin(who) {
		who = a.join(&c, req, who, sig)
	}
	if reason, refused := a.refuse(&c, req.Budget); refused {
		return route.Decision{
			Strategy: route.Drop, Reason: reason, Propensity: 1, Predicted: a.finish(c.cell, c.run),
			Service: c.mean, Alone: c.alone, Order: order(req.Budget, c.mean, who.Class), Cell: uint16(c.cell),
		}
	}
	base, reason := a.table(&c, req, who, sig)
	strategy, propensity := base, float32(1)
	if c.free && a.Book.Weights.Acting {
		strategy, propensity = a.correct(&c, base, req, who, load, sig)
	}
	if strategy != base {
		reason = route.ReasonLearned
		if propensity < 0.5 {
			reason = route.ReasonExplored
		}
	}
	predicted, start := c.mean, time.Duration(0) // what begins at once has its chance, small as it may be
	if !c.free {
		predicted = a.finish(c.cell, c.run)
		if req.Budget > 0 {
			start = max(req.Budget-c.least(), 1)
		}
	}
	return route.Decision{
		Strategy: strategy, Reason: reason, Propensity: propensity, Predicted: predicted,
		Service: c.mean, Alone: c.alone, Order: order(req.Budget, c.mean, who.Class), Start: start, Cell: uint16(c.cell),
	}
}

// question is what is known of one job at the door. What was asked is not in it: it
// comes in registers, and to pile it up in memory would cost a fifth of the decision.
type question struct {
	p    estimate.Prediction
	cell admission.Cell
	mean time.Duration // predicted core time
	run  time.Duration // once it has started
	free bool          // cores are

	together bool          // it goes to a batch
	lone     time.Duration // then: run in a batch of one, where run is that of a usual one
	alone    time.Duration // then: predicted core time by itself, and mean is its part of the batch's
}

// size fills in what is predicted of a job; false if nothing is known of its kind.
func (a *Adaptive) size(c *question, req route.Request, who route.Subject, load route.Load) bool {
	c.p = a.predict(req, who.Kind)
	if !c.p.Known() {
		return false
	}
	mean := c.p.LogMean()
	c.cell, c.mean = admission.CellOf(who.Class, mean), time.Duration(stats.Exp2(mean))
	c.run = a.Book.Door.Run(c.cell, c.mean)
	c.free = a.free(load)
	return true
}

// free reports whether a job that came now would have a core to itself, or share one for a
// moment where nothing is scarce. Nothing waits then but what is being taken, for
// slots are work-conserving.
func (a *Adaptive) free(load route.Load) bool {
	return load.CPUBusy+load.Spawned < a.Book.Lanes || a.Book.Calm
}

// inline reports whether a job runs on its caller's goroutine: one that is proven to be
// short, or that the table would run there and nothing is known against it.
func (a *Adaptive) inline(req route.Request, who route.Subject) bool {
	if !who.Allowed.Has(route.Inline) || int(who.Kind) >= len(a.Book.short) {
		return false
	}
	units := req.Cost
	if req.Unsized {
		units = 0
	}
	s := &a.Book.short[who.Kind]
	if short, proven := s.Sure(units); proven {
		return short
	}
	return s.Likely(units) && !req.Unsized && req.Cost <= a.Table.InlineThreshold
}

// refuse says whether a job would be late that was let in, and why.
func (a *Adaptive) refuse(c *question, budget time.Duration) (route.Reason, bool) {
	switch {
	case budget == 0:
		return 0, false
	case c.p.Trust >= estimate.Settled && c.mean > budget && c.p.Over(budget) > sureSigmas:
		return route.ReasonInfeasible, true
	case a.Book.Calm: // it takes nothing from anybody, and may be lucky
		return 0, false
	case a.Book.Door.Cores > 0 && (budget <= c.run || a.Book.Door.Exceeds(c.cell, budget-c.run, sureSigmas)):
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

// table picks among the ways to run that do not keep the caller. While cores are free they
// all begin at once, and the documented table picks; otherwise the pool, whose order makes
// the most of what is scarce.
func (a *Adaptive) table(c *question, req route.Request, who route.Subject, sig *route.Signals) (route.Strategy, route.Reason) {
	cost := req.Cost
	if req.Unsized {
		cost = math.MaxUint64
	}
	s, reason := a.Table.Row(cost, req.Scaling, -1, sig.SpawnThreshold, who.Allowed.Without(route.Inline))
	switch {
	case c.together && s != route.Batch:
		return route.Batch, route.ReasonLearned
	case s == route.Batch, s == route.Spawn && c.free:
		return s, reason
	}
	return route.CPUPool, route.ReasonFits
}

func order(budget, size time.Duration, class route.Class) time.Duration {
	if budget == 0 {
		budget = patience
	}
	o := min(budget, mostHours) + min(size, mostHours/sizeWeight)*sizeWeight
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

// unknown follows the table without its gate, which only a pressure of 1 closes.
func (a *Adaptive) unknown(req route.Request, who route.Subject, load route.Load, sig *route.Signals) route.Decision {
	d := a.Table.Decide(req, who, route.Load{}, sig)
	if d.Strategy == route.Spawn && a.Book.Lanes > 0 && !a.free(load) {
		// A flood of a kind that nobody has seen would share the cores by the hundred, and
		// the first of them to end, from which all is learned, would be long in coming.
		d.Strategy, d.Reason = route.CPUPool, route.ReasonUnknown
	}
	d.Order = order(req.Budget, req.Budget/usualSlack, who.Class)
	d.Start = req.Budget - req.Budget/usualSlack
	return d
}
