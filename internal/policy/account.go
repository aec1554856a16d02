package policy

import (
	"time"

	"github.com/helixrouter/helix/route"
)

// Account is everything that led to one decision, as numbers. It holds no reference to
// what it was made of, so that keeping one keeps nothing else alive. What a policy
// does not know is 0.
type Account struct {
	Arms    [route.NumStrategies]Arm
	Learned [route.NumLocal]float32 // correction of each arm's loss that was learned

	Strategy   route.Strategy // where the job went
	Reason     route.Reason
	Rule       Rule
	Class      route.Class
	Unsized    bool    // no cost was declared
	Proven     bool    // the prediction may send a job inline
	Propensity float32 // probability with which the arm was chosen
	Change     Change

	Cost    uint64
	Budget  time.Duration // left when it came; 0 = none
	Scaling float32

	Service time.Duration // predicted mean core time
	High    time.Duration // 99 of 100 such jobs keep it
	Spread  float32       // standard deviation of log2 of the core time
	Samples int32         // jobs of the kind that were observed
	Gain    float32       // share of the core time that batches of the kind save; 0 = none, or not known

	Demand   float32       // cores that all arrivals ask for, the refused ones too
	Before   float32       // cores that those ask for that come before it, by class and size
	Cores    float32       // cores there are, less what injected pressure reserves
	Scarcity float32       // share of the offered core time that must be turned away
	Backlog  time.Duration // core time that waits before it

	Busy, Queued, Spawned, Lanes int32
	calm                         bool // nothing was scarce, see Book.Calm

	PeerAge time.Duration // how old the report was that the remote arm is predicted from

	InlineThreshold uint64
	SpawnThreshold  uint64
	BusyThreshold   int32
	SpokenFor       int32   // slots that injected pressure stands for
	External        float32 // injected pressure
}

// Arm is what was predicted of one way to run the job.
type Arm struct {
	Wait     time.Duration // until it starts
	Overhead time.Duration // of carrying the arm out; 0 = not known
	Run      time.Duration // from start to end; 0 = not known
	Miss     float32       // probability of missing the budget
	Loss     float32       // what it would cost: the miss, the time as 2 % of it, and what was learned
	Allowed  bool
}

// Finish is when the job would be done.
func (a *Arm) Finish() time.Duration { return a.Wait + a.Overhead + a.Run }

// Explainer is a policy that can account for its decisions. The arguments are those of
// Decide, and d is what became of its answer. It is not on the path of a job, but what
// is recorded is explained at once: it should not allocate.
type Explainer interface {
	Explain(req route.Request, who route.Subject, load route.Load, sig route.Signals, d route.Decision) Account
}

var (
	_ Explainer = (*Threshold)(nil)
	_ Explainer = (*Adaptive)(nil)
)

// Explain asks p for its account, or makes one of the bare facts.
func Explain(p route.Policy, req route.Request, who route.Subject, load route.Load, sig route.Signals, d route.Decision) Account {
	if e, ok := p.(Explainer); ok {
		return e.Explain(req, who, load, sig, d)
	}
	a := facts(req, who, load, sig, d)
	a.Rule = RuleForeign
	if routers(d.Reason) {
		a.Rule, a.Change = RuleRouter, a.bound()
	}
	return a
}

// facts is what every account begins with.
func facts(req route.Request, who route.Subject, load route.Load, sig route.Signals, d route.Decision) Account {
	a := Account{
		Strategy: d.Strategy, Reason: d.Reason, Class: who.Class, Propensity: d.Propensity,
		Cost: req.Cost, Unsized: req.Unsized, Budget: req.Budget, Scaling: req.Scaling, Service: d.Service,
		Busy: int32(load.CPUBusy), Queued: int32(load.Queued), Spawned: int32(load.Spawned),
		SpawnThreshold: sig.SpawnThreshold,
	}
	if sig.External > 0 { // not if it is NaN
		a.External = float32(min(sig.External, 1))
	}
	for s := range a.Arms {
		a.Arms[s].Allowed = who.Allowed.Has(route.Strategy(s))
	}
	a.Arms[route.Drop] = Arm{Allowed: true, Miss: 1, Loss: 1}
	return a
}

// routers reports whether a reason is the router's own, whatever the policy said.
func routers(r route.Reason) bool {
	switch r {
	case route.ReasonNested, route.ReasonNotAllowed, route.ReasonQueueFull, route.ReasonClosed, route.ReasonSpawnFull:
		return true
	}
	return false
}

// bound is what would have moved a bound of the router's.
func (x *Account) bound() Change {
	switch x.Reason {
	case route.ReasonQueueFull:
		return Change{KnobQueueCap, route.CPUPool, float64(x.Queued) + 1}
	case route.ReasonSpawnFull:
		return Change{KnobSpawnLimit, route.Spawn, float64(x.Spawned) + 1}
	}
	return Change{}
}

// loss is what is predicted of an arm, as jobs are graded: 1 if it is late, its slowness if not,
// and what was learned.
func (x *Account) loss(s route.Strategy) float32 {
	arm := &x.Arms[s]
	loss := float64(arm.Miss)
	if x.Service > 0 {
		loss += (1 - loss) * Slowness(float64(arm.Finish())/float64(x.Service))
	}
	return float32(loss + float64(x.Learned[s]))
}
