package policy

import (
	"math"

	"github.com/helixrouter/helix/route"
)

// Explain implements Explainer.
func (p *Threshold) Explain(req route.Request, who route.Subject, load route.Load, sig route.Signals, d route.Decision) Account {
	a := facts(req, who, load, sig, d)
	p.account(&a)
	a.Rule = RuleTable
	if routers(d.Reason) {
		a.Rule, a.Change = RuleRouter, a.bound()
		return a
	}
	a.Change = p.change(&a, who.Allowed)
	return a
}

// account adds the table's numbers.
func (p *Threshold) account(a *Account) {
	a.InlineThreshold, a.BusyThreshold = p.InlineThreshold, int32(p.BusyThreshold)
	a.SpokenFor = int32(p.spokenFor(float64(a.External)))
}

// batchFrom is batchScaling as people write it: 0.7, and not the float32 next to it.
const batchFrom = 0.70

// change finds the one setting that leads to another row.
func (p *Threshold) change(a *Account, allowed route.Set) Change {
	switch a.Reason {
	case route.ReasonCheap:
		return p.lessCheap(a, allowed)
	case route.ReasonModerate:
		if allowed.Has(route.Inline) && a.Cost > p.InlineThreshold {
			return Change{KnobInlineThreshold, route.Inline, float64(a.Cost)}
		}
		return p.to(a, Change{Knob: KnobSpawnThreshold, Value: float64(a.Cost)}, a.Cost, a.Cost, allowed)
	case route.ReasonAmortises:
		if !a.Unsized && a.Cost < a.SpawnThreshold { // it would have been spawned
			return Change{KnobSpawnLimit, route.Spawn, float64(a.Spawned) + 1}
		}
		return Change{KnobScaling, route.CPUPool, batchFrom}
	case route.ReasonHeavy:
		return p.lighter(a, allowed)
	case route.ReasonGateBatch, route.ReasonBusyGate:
		return p.opened(a, allowed)
	}
	return Change{}
}

// lessCheap takes the job past the inline threshold.
func (p *Threshold) lessCheap(a *Account, allowed route.Set) Change {
	if a.Cost >= 2 {
		q := Threshold{InlineThreshold: a.Cost - 1, BusyThreshold: math.MaxInt}
		return q.to(a, Change{Knob: KnobInlineThreshold, Value: float64(a.Cost - 1)}, a.Cost, a.SpawnThreshold, allowed)
	}
	return p.to(a, Change{Knob: KnobCost, Value: float64(p.InlineThreshold + 1)}, p.InlineThreshold+1, a.SpawnThreshold, allowed)
}

// lighter takes a heavy job off the pool.
func (p *Threshold) lighter(a *Account, allowed route.Set) Change {
	switch {
	case allowed.Has(route.Spawn) && a.Unsized && a.SpawnThreshold > p.InlineThreshold+1:
		return Change{KnobCost, route.Spawn, float64(a.SpawnThreshold - 1)}
	case allowed.Has(route.Spawn) && !a.Unsized && a.Cost < 1<<53:
		return Change{KnobSpawnThreshold, route.Spawn, float64(a.Cost + 1)}
	case allowed.Has(route.Batch):
		return Change{KnobScaling, route.Batch, batchFrom}
	case a.Busy > 0:
		return Change{KnobBusyThreshold, route.Drop, float64(a.Busy)}
	}
	return Change{}
}

// opened is the least busy threshold at which the gate is open.
func (p *Threshold) opened(a *Account, allowed route.Set) Change {
	external := float64(a.External)
	if external >= 1 {
		free := 1 - float64(a.Busy)/float64(max(p.BusyThreshold, 1))
		if free <= 0 {
			return Change{}
		}
		return p.to(a, Change{Knob: KnobPressure, Value: free}, a.declared(), a.SpawnThreshold, allowed)
	}
	least := int(float64(a.Busy) / (1 - external))
	for ; ; least++ {
		q := Threshold{BusyThreshold: least}
		if int(a.Busy)+q.spokenFor(external) < least {
			break
		}
	}
	return p.to(a, Change{Knob: KnobBusyThreshold, Value: float64(least)}, a.declared(), a.SpawnThreshold, allowed)
}

// to fills in where a job goes with another cost or spawn threshold, the gate open. A
// change that leads to the same strategy is none.
func (p *Threshold) to(a *Account, c Change, cost, spawnThreshold uint64, allowed route.Set) Change {
	open := Threshold{InlineThreshold: p.InlineThreshold, BusyThreshold: math.MaxInt}
	c.To, _ = open.Row(cost, a.Scaling, 0, spawnThreshold, allowed)
	if c.To == a.Strategy {
		return Change{}
	}
	return c
}

// declared is the cost as the table sees it.
func (x *Account) declared() uint64 {
	if x.Unsized {
		return math.MaxUint64
	}
	return x.Cost
}
