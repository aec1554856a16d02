// Package policy owns the policies: what answers, for one job, how it should run.
// A policy is a value made from a configuration; it reads what it is given and
// must never hold measured state, read a clock or know how a strategy is carried out.
package policy

import (
	"math"

	"github.com/helixrouter/helix/route"
)

// The scaling potentials from which a job is worth batching. They belong to the
// documented table, as does the comparison in float32: 0.65 and 0.70 have no
// exact binary form, so that another width would move the boundary.
const (
	gateScaling  float32 = 0.65 // lets a job share a slot while the pool is busy
	batchScaling float32 = 0.70 // lets a heavy job be batched
)

// Threshold is the documented table. Its zero value gates everything; every
// field is needed.
type Threshold struct {
	InlineThreshold uint64 // cost, in units
	BusyThreshold   int    // pool slots
}

var _ route.Policy = (*Threshold)(nil)

// Decide implements route.Policy.
//
// A job of undeclared size counts as heavy: the pool bounds it whatever it
// turns out to be.
func (p *Threshold) Decide(req route.Request, who route.Subject, load route.Load, sig *route.Signals) route.Decision {
	cost := req.Cost
	if req.Unsized {
		cost = math.MaxUint64
	}
	strategy, reason := p.Row(cost, req.Scaling, load.CPUBusy+p.spokenFor(sig.External), sig.SpawnThreshold, who.Allowed)
	return route.Decision{Strategy: strategy, Reason: reason, Propensity: 1}
}

// Row is the table itself. The first row that matches wins; an arm that the job
// is not allowed falls through to the next row.
func (p *Threshold) Row(cost uint64, scaling float32, busy int, spawnThreshold uint64, allowed route.Set) (route.Strategy, route.Reason) {
	switch {
	case busy >= p.BusyThreshold:
		if scaling >= gateScaling && allowed.Has(route.Batch) {
			return route.Batch, route.ReasonGateBatch
		}
		return route.Drop, route.ReasonBusyGate
	case cost <= p.InlineThreshold && allowed.Has(route.Inline):
		return route.Inline, route.ReasonCheap
	case cost < spawnThreshold && allowed.Has(route.Spawn):
		return route.Spawn, route.ReasonModerate
	case scaling >= batchScaling && allowed.Has(route.Batch):
		return route.Batch, route.ReasonAmortises
	case cost < spawnThreshold:
		return route.CPUPool, route.ReasonSpawnFull
	default:
		return route.CPUPool, route.ReasonHeavy
	}
}

// spokenFor turns external pressure into slots that count as busy: a pressure p
// leaves the share 1-p of the busy threshold, so that at 0.75 the gate of 7
// closes at 2 busy slots, and at 1 it is closed. Rounded down, so that a
// pressure of nearly nothing changes nothing.
func (p *Threshold) spokenFor(external float64) int {
	if !(external > 0) { // also NaN
		return 0
	}
	return int(min(external, 1) * float64(p.BusyThreshold))
}
