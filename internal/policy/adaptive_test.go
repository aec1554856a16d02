package policy_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

const ms = time.Millisecond

// classes are all of them, who goes first first.
var classes = []route.Class{route.ClassCriticalPlus, route.ClassCritical, route.ClassDefault, route.ClassSheddable}

// learned is the curve of a kind of which n jobs have run that took as long as their units
// say in us, give or take a tenth.
func learned(n int, most uint64) estimate.Curve {
	var m estimate.Model
	for i := range n {
		units := max(most>>(i%4), 1)
		m.Observe(units, time.Duration(units)*time.Microsecond*time.Duration(9+i%3)/10)
	}
	return m.Curve()
}

// demand is what has arrived for 20 s, in cores by size, as default work.
func demand(cores map[time.Duration]float64) *admission.Demand {
	d := new(admission.Demand)
	var arrived [admission.Cells]uint64
	for size, rate := range cores {
		arrived[admission.CellOf(route.ClassDefault, stats.Log2(float64(size)))] += uint64(rate * float64(time.Second))
	}
	for now := time.Duration(0); now < 20*time.Second; now += time.Second {
		d.Update(now, &arrived)
	}
	return d
}

// knows is a book with what is known of the kinds.
func knows(b policy.Book, curves ...estimate.Curve) *policy.Book {
	b.Know(curves)
	return &b
}

func adaptive(d *admission.Demand, curves ...estimate.Curve) *policy.Adaptive {
	return &policy.Adaptive{Table: table, Book: knows(policy.Book{Door: admission.NewDoor(2, new(admission.Backlog), d), Lanes: 2}, curves...)}
}

var open = route.Signals{SpawnThreshold: 60_000}

func decide(a *policy.Adaptive, req route.Request) route.Decision {
	return a.Decide(req, route.Subject{Allowed: every}, route.Load{}, &open)
}

func drawPolicy(t *rapid.T) *policy.Adaptive {
	cores := map[time.Duration]float64{}
	for range rapid.IntRange(0, 3).Draw(t, "sizes") {
		size := time.Duration(rapid.Int64Range(1000, int64(time.Second)).Draw(t, "size"))
		cores[size] = rapid.Float64Range(0, 5).Draw(t, "cores")
	}
	a := adaptive(demand(cores))
	if rapid.Bool().Draw(t, "first tick") {
		a.Book.Door = admission.Door{}
	}
	for range rapid.IntRange(0, 3).Draw(t, "kinds") {
		a.Book.Curves = append(a.Book.Curves, learned(rapid.IntRange(0, 300).Draw(t, "jobs"), rapid.Uint64Range(1, 1<<20).Draw(t, "most")))
	}
	a.Book.Lanes = rapid.IntRange(0, 4).Draw(t, "lanes")
	return a
}

func drawRequest(t *rapid.T) route.Request {
	return route.Request{
		Cost:    rapid.OneOf(rapid.Uint64Range(0, 1<<20), rapid.Uint64()).Draw(t, "cost"),
		Budget:  time.Duration(rapid.OneOf(rapid.Just[int64](0), rapid.Int64Range(1, int64(time.Second)), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "budget")),
		Scaling: rapid.Float32Range(0, 1).Draw(t, "scaling"),
		Unsized: rapid.Bool().Draw(t, "unsized"),
	}
}

// drawSubject draws arms that always have the pool, which is where what cannot run
// elsewhere goes: the router lets every job take it.
func drawSubject(t *rapid.T) route.Subject {
	who := route.Subject{Kind: rapid.Uint32Range(0, 3).Draw(t, "kind"), Class: rapid.SampledFrom(classes).Draw(t, "class"), Allowed: route.SetOf(route.CPUPool)}
	for _, s := range []route.Strategy{route.Inline, route.Spawn, route.Batch} {
		if rapid.Bool().Draw(t, s.String()) {
			who.Allowed = who.Allowed.With(s)
		}
	}
	return who
}

func drawLoad(t *rapid.T) route.Load {
	return route.Load{
		CPUBusy: rapid.IntRange(0, 20).Draw(t, "busy"), Queued: rapid.IntRange(0, 3).Draw(t, "queued"), Spawned: rapid.IntRange(0, 3).Draw(t, "spawned"),
	}
}

func TestEveryDecisionKeepsToTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, req, who, load := drawPolicy(t), drawRequest(t), drawSubject(t), drawLoad(t)
		sig := open
		sig.External = rapid.SampledFrom([]float64{0, 0.5, 0.99, 1, 2}).Draw(t, "external")
		d := a.Decide(req, who, load, &sig)
		shed := d.Strategy == route.Drop
		if !shed && !who.Allowed.Has(d.Strategy) {
			t.Fatalf("%+v is not allowed", d)
		}
		if shed != d.Reason.Sheds() {
			t.Fatalf("%s for the reason %s", d.Strategy, d.Reason)
		}
		if closed := sig.External >= 1; closed && !shed || shed && !closed && req.Budget == 0 {
			t.Fatalf("external %v, budget %v: %+v", sig.External, req.Budget, d)
		}
		if d.Propensity != 1 || d.Service < 0 || d.Predicted < 0 || d.Start < 0 || d.Start > req.Budget || int(d.Cell) >= admission.Cells {
			t.Fatalf("%+v", d)
		}
		checkInline(t, a, req, who, d)
	})
}

// checkInline wants a proof, or the table's word, for what keeps its caller.
func checkInline(t *rapid.T, a *policy.Adaptive, req route.Request, who route.Subject, d route.Decision) {
	if d.Strategy != route.Inline {
		return
	}
	units := req.Cost
	if req.Unsized {
		units = 0
	}
	var p estimate.Prediction
	if int(who.Kind) < len(a.Book.Curves) {
		p = a.Book.Curves[who.Kind].Predict(units)
	}
	byTable := !req.Unsized && req.Cost <= table.InlineThreshold
	switch {
	case p.Trust == estimate.Proven && p.High() > policy.InlineCap:
		t.Fatalf("proven to take up to %v, and inline", p.High())
	case p.Trust < estimate.Proven && !byTable:
		t.Fatalf("inline without a proof: %+v of %+v", d, req)
	case p.Known() && p.Mean() > policy.InlineCap:
		t.Fatalf("predicted to take %v, and inline", p.Mean())
	}
}

func TestWorkOfAnUnknownKindFollowsTheTableWithoutItsGate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, req, who, load := drawPolicy(t), drawRequest(t), drawSubject(t), drawLoad(t)
		who.Kind = 1000
		sig := open
		sig.External = rapid.Float64Range(0, 0.999).Draw(t, "external")
		got, want := a.Decide(req, who, load, &sig), table.Decide(req, who, route.Load{}, &open)
		if lanes := a.Book.Lanes; want.Strategy == route.Spawn && lanes > 0 && load.CPUBusy+load.Spawned >= lanes && !a.Book.Calm {
			want.Strategy, want.Reason = route.CPUPool, route.ReasonUnknown // a flood of it must not share the cores by the hundred
		}
		if got.Strategy != want.Strategy || got.Reason != want.Reason || got.Service != 0 {
			t.Fatalf("%+v, the table says %+v", got, want)
		}
	})
}

func TestOnlyWhatIsProvenToBeShortRunsInlineUnasked(t *testing.T) {
	for _, c := range []struct {
		name string
		jobs int
		req  route.Request
		want route.Strategy
	}{
		{"short, proven", 300, route.Request{Cost: 40}, route.Inline},
		{"short, not yet proven, cheap", 100, route.Request{Cost: 40}, route.Inline},
		{"short, proven, no size", 300, route.Request{Unsized: true}, route.Inline},
		{"short, not yet proven, no size", 100, route.Request{Unsized: true}, route.CPUPool},
		{"cheap for the table, and long", 300, route.Request{Cost: 4000}, route.Spawn},
		{"short, but larger than any before", 300, route.Request{Cost: 90_000}, route.CPUPool},
	} {
		most := uint64(40)
		if c.req.Cost == 4000 {
			most = 4000
		}
		if d := decide(adaptive(new(admission.Demand), learned(c.jobs, most)), c.req); d.Strategy != c.want {
			t.Errorf("%s: %s (%s), want %s", c.name, d.Strategy, d.Reason, c.want)
		}
	}
}

// A kind that is short nine times of ten, and on average, keeps its caller for too long the tenth.
func TestWhatIsMostlyShortDoesNotRunInline(t *testing.T) {
	var m estimate.Model
	for i := range 500 {
		d := 8 * time.Microsecond
		if i%10 == 9 {
			d = 500 * time.Microsecond
		}
		m.Observe(0, d)
	}
	a := adaptive(new(admission.Demand), m.Curve())
	if mean := a.Book.Curves[0].Predict(0).Mean(); mean > policy.InlineCap {
		t.Fatalf("on average it takes %v: the test does not test it", mean)
	}
	if d := decide(a, route.Request{Unsized: true}); d.Strategy == route.Inline {
		t.Errorf("%+v", d)
	}
}

func TestWhatCannotBeInTimeIsRefusedAsInfeasible(t *testing.T) {
	a := adaptive(new(admission.Demand), learned(300, 10_000)) // 10 ms
	for budget, want := range map[time.Duration]route.Reason{
		0: route.ReasonModerate, time.Second: route.ReasonModerate, 20 * ms: route.ReasonModerate, 5 * ms: route.ReasonInfeasible, 1: route.ReasonInfeasible,
	} {
		if d := decide(a, route.Request{Cost: 10_000, Budget: budget}); d.Reason != want {
			t.Errorf("10 ms of work in %v: %s (%s), want %s", budget, d.Strategy, d.Reason, want)
		}
	}
}

func TestScarcityRefusesByClassAndSize(t *testing.T) {
	a := adaptive(demand(map[time.Duration]float64{ms: 1.5, 40 * ms: 5}), learned(300, 100_000))
	for _, c := range []struct {
		class   route.Class
		units   uint64
		refused bool
	}{
		{route.ClassDefault, 1000, false},
		{route.ClassDefault, 50_000, true},
		{route.ClassCritical, 50_000, false},
		{route.ClassSheddable, 1000, true},
	} {
		d := a.Decide(route.Request{Cost: c.units, Budget: time.Second}, route.Subject{Class: c.class, Allowed: every}, route.Load{CPUBusy: 2}, &open)
		if refused := d.Reason == route.ReasonScarce; refused != c.refused {
			t.Errorf("%v of %d us: %s (%s), refused should be %v", c.class, c.units, d.Strategy, d.Reason, c.refused)
		}
	}
}

func TestWhatMustWaitGoesToThePool(t *testing.T) {
	a := adaptive(new(admission.Demand), learned(300, 10_000))
	for _, c := range []struct {
		load route.Load
		want route.Strategy
	}{
		{route.Load{}, route.Spawn},
		{route.Load{CPUBusy: 1}, route.Spawn},
		{route.Load{CPUBusy: 2}, route.CPUPool},
		{route.Load{CPUBusy: 1, Spawned: 1}, route.CPUPool},
	} {
		if d := a.Decide(route.Request{Cost: 10_000}, route.Subject{Allowed: every}, c.load, &open); d.Strategy != c.want {
			t.Errorf("%+v: %s (%s), want %s", c.load, d.Strategy, d.Reason, c.want)
		}
	}
}

// A class goes before the next one whatever budgets and sizes there are, and within a class
// the urgent goes before the patient and the short before the long.
func TestTheOrderIsByClassThenByBudgetAndSize(t *testing.T) {
	most := uint64(1) << 30 // 18 minutes
	a := adaptive(new(admission.Demand), learned(300, 1000), learned(300, most))
	rank := func(class route.Class, budget time.Duration, kind uint32, cost uint64) time.Duration {
		d := a.Decide(route.Request{Cost: cost, Budget: budget}, route.Subject{Kind: kind, Class: class, Allowed: every.Without(route.Inline)}, route.Load{}, &open)
		return d.Order
	}
	huge := []time.Duration{1, ms, time.Hour, 60 * 24 * time.Hour, math.MaxInt64}
	for i, class := range classes[:len(classes)-1] {
		for _, patient := range huge {
			for _, urgent := range huge {
				if first, second := rank(class, patient, 1, most*1000), rank(classes[i+1], urgent, 0, 1); first >= second {
					t.Errorf("%v with a budget of %v ranks %v, after %v with one of %v, %v", class, patient, first, classes[i+1], urgent, second)
				}
			}
		}
	}
	if rank(route.ClassDefault, time.Second, 0, 1000) <= rank(route.ClassDefault, ms*100, 0, 1000) {
		t.Error("the patient go before the urgent")
	}
	if rank(route.ClassDefault, time.Second, 0, 1000) <= rank(route.ClassDefault, time.Second, 0, 100) {
		t.Error("the long go before the short")
	}
	if rank(route.ClassDefault, 0, 0, 1000) <= rank(route.ClassDefault, time.Second, 0, 1000) {
		t.Error("who has no budget goes before who has a second")
	}
}

func busyDecision() (*policy.Adaptive, route.Request, route.Subject, route.Load) {
	a := adaptive(demand(map[time.Duration]float64{ms: 1.5}), learned(300, 100_000))
	return a, route.Request{Cost: 10_000, Budget: time.Second, Scaling: 0.3}, route.Subject{Allowed: every}, route.Load{CPUBusy: 2}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	a, req, who, load := busyDecision()
	if n := testing.AllocsPerRun(1000, func() { decided = a.Decide(req, who, load, &open) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var decided route.Decision

func BenchmarkDecide(b *testing.B) {
	a, req, who, load := busyDecision()
	for name, req := range map[string]route.Request{
		"pool": req, "inline": {Cost: 40, Budget: time.Second}, "infeasible": {Cost: 10_000, Budget: ms}, "no budget": {Cost: 10_000},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				decided = a.Decide(req, who, load, &open)
			}
		})
	}
}
