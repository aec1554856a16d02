package policy_test

import (
	"math"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

func TestAnAccountIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(policy.Account{}); size > 440 {
		t.Errorf("%d bytes, want at most 440: 1024 of them are kept", size)
	}
}

// question is one decision with everything that it is made on.
type question struct {
	req  route.Request
	who  route.Subject
	load route.Load
	sig  route.Signals
}

func (q question) decide(p route.Policy) route.Decision {
	return p.Decide(q.req, q.who, q.load, &q.sig)
}

func (q question) explain(p route.Policy, d route.Decision) policy.Account {
	return policy.Explain(p, q.req, q.who, q.load, q.sig, d)
}

func drawQuestion(t *rapid.T) question {
	q := question{
		req: route.Request{
			Cost:    rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64Range(7_990, 8_010), rapid.Uint64Range(0, 1e6)).Draw(t, "cost"),
			Budget:  time.Duration(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 1e6), rapid.Int64Range(1e6, 1e9)).Draw(t, "budget")),
			Scaling: rapid.OneOf(rapid.Float32Range(0, 1), rapid.SampledFrom([]float32{0, 0.65, 0.7, 1})).Draw(t, "scaling"),
			Unsized: rapid.Bool().Draw(t, "unsized"),
		},
		who: route.Subject{
			Kind:    rapid.Uint32Range(0, 3).Draw(t, "kind"),
			Class:   route.Class(rapid.IntRange(0, 3).Draw(t, "class")),
			Allowed: route.SetOf(route.Inline, route.CPUPool),
		},
		load: route.Load{
			CPUBusy: rapid.IntRange(0, 10).Draw(t, "busy"), Queued: rapid.IntRange(0, 3).Draw(t, "queued"), Spawned: rapid.IntRange(0, 3).Draw(t, "spawned"),
		},
		sig: route.Signals{
			SpawnThreshold: rapid.Uint64Range(8_001, 100_000).Draw(t, "spawn threshold"),
			External:       rapid.SampledFrom([]float64{0, 0, 0.01, 0.5, 0.75, 0.99, 1, math.NaN()}).Draw(t, "external"),
		},
	}
	for _, s := range []route.Strategy{route.Spawn, route.Batch} {
		if rapid.Bool().Draw(t, s.String()) {
			q.who.Allowed = q.who.Allowed.With(s)
		}
	}
	return q
}

// turn is the question with the knob turned, and the policy that it is then asked of. It is
// written without a look at how the knob was found.
func turn(q question, p *policy.Threshold, c policy.Change) (question, *policy.Threshold) {
	next := *p
	switch c.Knob {
	case policy.KnobInlineThreshold:
		next.InlineThreshold = uint64(c.Value)
	case policy.KnobSpawnThreshold:
		q.sig.SpawnThreshold = uint64(c.Value)
	case policy.KnobBusyThreshold:
		next.BusyThreshold = int(c.Value)
	case policy.KnobSpawnLimit:
		q.who.Allowed = q.who.Allowed.With(route.Spawn)
	case policy.KnobCost:
		q.req.Cost, q.req.Unsized = uint64(c.Value), false
	case policy.KnobScaling:
		q.req.Scaling = float32(c.Value)
		if c.To != route.Batch {
			q.req.Scaling = math.Nextafter32(q.req.Scaling, 0)
		}
	case policy.KnobPressure:
		q.sig.External = c.Value * 0.999
	}
	return q, &next
}

func TestTheTablesChangeChangesTheDecision(t *testing.T) {
	named := 0
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		d := q.decide(&table)
		a := q.explain(&table, d)
		if a.Strategy != d.Strategy || a.Reason != d.Reason || a.Cost != q.req.Cost || a.Busy != int32(q.load.CPUBusy) {
			t.Fatalf("%+v of %+v", a, d)
		}
		if a.Change.Knob == policy.KnobNone {
			return
		}
		named++
		other, p := turn(q, &table, a.Change)
		if got := other.decide(p); got.Strategy != a.Change.To || got.Strategy == d.Strategy {
			t.Fatalf("%s (%s), changed by %v to %v: %s (%s), want %s", d.Strategy, d.Reason, a.Change.Knob, a.Change.Value, got.Strategy, got.Reason, a.Change.To)
		}
	})
	if named < 50 {
		t.Errorf("only %d decisions of 100 named a change", named)
	}
}

// drawAdaptive makes a policy that has learned of kinds 0 to 2, under some load.
func drawAdaptive(t *rapid.T) (*policy.Adaptive, func(more float64) *policy.Adaptive) {
	var demand admission.Demand
	var arrived [admission.Cells]uint64
	var waits admission.Backlog
	demand.Update(0, &arrived)
	curves := make([]estimate.Curve, 3)
	for i := range curves {
		var m estimate.Model
		n := rapid.SampledFrom([]int{0, 1, 60, 250}).Draw(t, "runs")
		mean := rapid.Int64Range(1_000, 30_000_000).Draw(t, "mean")
		for j := range n {
			m.Observe(uint64(j%7)*1000, time.Duration(mean+mean*int64(j%5)/4))
		}
		curves[i] = m.Curve()
		if n == 0 {
			continue
		}
		cell := admission.CellOf(route.ClassDefault, curves[i].Predict(3000).LogMean())
		arrived[cell] += rapid.Uint64Range(0, 2e9).Draw(t, "demand")
		waits.Add(cell, time.Duration(rapid.Int64Range(0, 1e8).Draw(t, "backlog")))
	}
	demand.Update(time.Second, &arrived)
	cores := rapid.SampledFrom([]float64{0, 1, 2, 8}).Draw(t, "cores")
	with := func(more float64) *policy.Adaptive {
		return &policy.Adaptive{Table: table, Book: knows(policy.Book{
			Door: admission.NewDoor(cores+more, &waits, &demand), Lanes: int(cores),
		}, curves...)}
	}
	return with(0), with
}

func TestTheAdaptivePolicysChangeChangesTheDecision(t *testing.T) {
	seen := map[policy.Knob]int{}
	rapid.Check(t, func(t *rapid.T) {
		p, with := drawAdaptive(t)
		q := drawQuestion(t)
		d := q.decide(p)
		c := q.explain(p, d).Change
		seen[c.Knob]++
		switch c.Knob {
		case policy.KnobBudget:
			q.req.Budget = time.Duration(c.Value*1e9*1.001) + 2
		case policy.KnobLessBudget:
			q.req.Budget = max(time.Duration(c.Value*1e9*0.999)-2, 1)
		case policy.KnobCores:
			p = with(c.Value + 0.01)
		case policy.KnobClass:
			q.who.Class = route.Class(c.Value)
		default:
			return
		}
		if got := q.decide(p); (got.Strategy == route.Drop) != (c.To == route.Drop) {
			t.Fatalf("%s (%s), changed by %v to %v: %s (%s)", d.Strategy, d.Reason, c.Knob, c.Value, got.Strategy, got.Reason)
		}
	})
	t.Log(seen)
}

func TestAccountsAreFinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _ := drawAdaptive(t)
		q := drawQuestion(t)
		d := q.decide(p)
		a := q.explain(p, d)
		for s, arm := range a.Arms {
			for _, v := range []float32{arm.Miss, arm.Loss} {
				if !(v >= 0 && v <= 1.05) || arm.Wait < 0 || arm.Run < 0 || arm.Finish() > 200*time.Hour {
					t.Fatalf("%v: %+v", route.Strategy(s), arm)
				}
			}
		}
		for _, v := range []float32{a.Demand, a.Before, a.Cores, a.Spread, a.External, float32(a.Change.Value)} {
			if !(v >= 0 && v < 1e20) {
				t.Fatalf("%+v", a)
			}
		}
		if !(a.Scarcity >= 0 && a.Scarcity < 1) || a.Backlog < 0 || d.Service != 0 && a.Service != d.Service {
			t.Fatalf("%+v", a)
		}
	})
}

func BenchmarkExplain(b *testing.B) {
	var m estimate.Model
	for range 300 {
		m.Observe(1000, 5*time.Millisecond)
	}
	var demand admission.Demand
	var waits admission.Backlog
	waits.Add(admission.CellOf(route.ClassDefault, 20), time.Second)
	p := &policy.Adaptive{Table: table, Book: knows(policy.Book{Door: admission.NewDoor(2, &waits, &demand), Lanes: 2}, m.Curve())}
	q := question{route.Request{Cost: 1000, Budget: time.Second}, route.Subject{Allowed: every}, route.Load{CPUBusy: 3, Queued: 1}, route.Signals{SpawnThreshold: 60_000}}
	d := q.decide(p)
	b.ReportAllocs()
	for b.Loop() {
		a := q.explain(p, d)
		if a.Service == 0 {
			b.Fatal(a)
		}
	}
}
