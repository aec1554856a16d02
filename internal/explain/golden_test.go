package explain_test

import (
	"math"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/internal/explain"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

const ms = time.Millisecond

var (
	plain = route.SetOf(route.Inline, route.Spawn, route.CPUPool)
	every = plain.With(route.Batch)
	table = policy.Threshold{InlineThreshold: 8_000, BusyThreshold: 7}
)

// asked is one decision to explain.
type asked struct {
	name     string
	req      route.Request
	class    route.Class
	kind     uint32
	allowed  route.Set // 0 = plain
	load     route.Load
	external float64
	overrule route.Decision // of the router, if its reason is not the first one
	want     string
}

func (c asked) sentence(t *testing.T, p route.Policy) string {
	t.Helper()
	who := route.Subject{Kind: c.kind, Class: c.class, Allowed: c.allowed}
	if c.allowed == 0 {
		who.Allowed = plain
	}
	sig := route.Signals{SpawnThreshold: 60_000, External: c.external}
	d := p.Decide(c.req, who, c.load, &sig)
	if c.overrule != (route.Decision{}) {
		d = c.overrule
	}
	a := policy.Explain(p, c.req, who, c.load, sig, d)
	text := explain.Sentence("thumbnail #812", &a)
	check(t, text)
	return text
}

func golden(t *testing.T, p route.Policy, cases []asked) {
	t.Helper()
	for _, c := range cases {
		if got := c.sentence(t, p); got != "thumbnail #812: "+c.want {
			t.Errorf("%s:\ngot  %s\nwant thumbnail #812: %s", c.name, got, c.want)
		}
	}
}

func TestSentencesOfTheTable(t *testing.T) {
	golden(t, &table, []asked{
		{name: "cheap", req: route.Request{Cost: 5000},
			want: "inline, since its declared cost of 5000 is at most inline_threshold 8000; it would be spawned at inline_threshold 4999."},
		{name: "cheapest", req: route.Request{Cost: 1},
			want: "inline, since its declared cost of 1 is at most inline_threshold 8000; it would be spawned with a declared cost of 8001."},
		{name: "moderate", req: route.Request{Cost: 20_000},
			want: "spawn, since its declared cost of 20000 is above inline_threshold 8000 and below the spawn threshold 60000; it would run inline at inline_threshold 20000."},
		{name: "moderate, not inline", req: route.Request{Cost: 5000}, allowed: plain.Without(route.Inline),
			want: "spawn, since its declared cost of 5000 is below the spawn threshold 60000; it would go to the pool at spawn_threshold 5000."},
		{name: "spawn full", req: route.Request{Cost: 20_000}, allowed: plain.Without(route.Spawn), load: route.Load{Spawned: 1024},
			want: "cpu_pool, since spawn_limit jobs run already (1024), so the pool bounds it; it would be spawned at spawn_limit 1025."},
		{name: "spawn full, batched", req: route.Request{Cost: 20_000, Scaling: 0.8}, allowed: every.Without(route.Spawn), load: route.Load{Spawned: 1024},
			want: "batch, since spawn_limit jobs run already (1024) and its scaling potential of 0.80 is at least 0.70; it would be spawned at spawn_limit 1025."},
		{name: "amortises", req: route.Request{Cost: 60_000, Scaling: 0.7}, allowed: every,
			want: "batch, since its declared cost of 60000 reaches the spawn threshold 60000 and its scaling potential of 0.70 is at least 0.70; it would go to the pool with a scaling potential below 0.70."},
		{name: "heavy", req: route.Request{Cost: 60_000, Scaling: 0.69}, allowed: every,
			want: "cpu_pool, since its declared cost of 60000 reaches the spawn threshold 60000, so the pool bounds it; it would be spawned at spawn_threshold 60001."},
		{name: "undeclared", req: route.Request{Unsized: true},
			want: "cpu_pool, since its size is not declared, so the pool bounds it; it would be spawned with a declared cost of 59999."},
		{name: "gate, batch", req: route.Request{Cost: 1, Scaling: 0.65}, allowed: every, load: route.Load{CPUBusy: 7},
			want: "batch, since 7 busy slots reach backpressure_busy_threshold 7 and its scaling potential of 0.65, at least 0.65, lets it share a slot; it would run inline at backpressure_busy_threshold 8."},
		{name: "gate, shed", req: route.Request{Cost: 1, Scaling: 0.64}, allowed: every, load: route.Load{CPUBusy: 7},
			want: "shed, since 7 busy slots reach backpressure_busy_threshold 7 and its scaling potential of 0.64 is below 0.65; it would run inline at backpressure_busy_threshold 8."},
		{name: "gate, cannot batch", req: route.Request{Cost: 1, Scaling: 1}, load: route.Load{CPUBusy: 9},
			want: "shed, since 9 busy slots reach backpressure_busy_threshold 7 and it cannot be batched; it would run inline at backpressure_busy_threshold 10."},
		{name: "gate, injected", req: route.Request{Cost: 1}, load: route.Load{CPUBusy: 2}, external: 0.75,
			want: "shed, since 2 busy slots and 5 that injected pressure of 0.75 stands for reach backpressure_busy_threshold 7 and it cannot be batched; it would run inline at backpressure_busy_threshold 9."},
		{name: "gate, closed", req: route.Request{Cost: 1}, load: route.Load{CPUBusy: 2}, external: 1,
			want: "shed, since 2 busy slots and 7 that injected pressure of 1.00 stands for reach backpressure_busy_threshold 7 and it cannot be batched; it would run inline at an injected pressure below 0.71."},
		{name: "queue full", req: route.Request{Cost: 1e6}, load: route.Load{CPUBusy: 8, Queued: 512}, overrule: route.Decision{Strategy: route.Drop, Reason: route.ReasonQueueFull},
			want: "shed, since no slot is free (8 taken) and cpu_queue_cap jobs wait already (512); it would go to the pool at cpu_queue_cap 513."},
		{name: "nested", req: route.Request{Cost: 1e6}, overrule: route.Decision{Strategy: route.Inline, Reason: route.ReasonNested},
			want: "inline, since it was submitted from inside another job, which lends it its slot."},
		{name: "nested, beside", req: route.Request{Cost: 1e6}, overrule: route.Decision{Strategy: route.CPUPool, Reason: route.ReasonNested},
			want: "cpu_pool, since it was submitted from inside another job and a slot was free beside that one."},
		{name: "closed", req: route.Request{Cost: 1}, overrule: route.Decision{Strategy: route.Drop, Reason: route.ReasonClosed},
			want: "shed, since the router is closed."},
		{name: "not allowed", req: route.Request{Cost: 1}, overrule: route.Decision{Strategy: route.CPUPool, Reason: route.ReasonNotAllowed},
			want: "cpu_pool, since the policy chose a strategy that the job cannot take, so the pool bounds it."},
	})
}

// own is a policy of the user's own.
type own struct{}

func (own) Decide(route.Request, route.Subject, route.Load, *route.Signals) route.Decision {
	return route.Decision{Strategy: route.Drop, Reason: route.ReasonPolicy}
}

func TestSentenceOfAnotherPolicy(t *testing.T) {
	golden(t, own{}, []asked{{name: "own", want: "shed, since the policy refused it without giving a reason."}})
}

// learned is a policy that knows three kinds: of 8 ms, of 40 us, and of 60 ms, and of the last
// too few to be proven; and nothing of a fourth.
func learned(t *testing.T, class route.Class, demand, waiting time.Duration) *policy.Adaptive {
	t.Helper()
	var b policy.Book
	var curves []estimate.Curve
	for _, k := range []struct {
		service time.Duration
		runs    int
	}{{8 * ms, 400}, {40 * time.Microsecond, 400}, {60 * ms, 70}, {20 * time.Microsecond, 20}} {
		var m estimate.Model
		for i := range k.runs {
			m.Observe(1000, k.service+k.service/8*time.Duration(i%3-1))
		}
		curves = append(curves, m.Curve())
	}
	var d admission.Demand
	var arrived [admission.Cells]uint64
	var waits admission.Backlog
	cell := admission.CellOf(class, math.Log2(float64(4*ms)))
	d.Update(0, &arrived)
	arrived[cell], waits[cell] = uint64(demand), int64(waiting)
	d.Update(time.Second, &arrived)
	b.Know(curves)
	b.Door, b.Lanes = admission.NewDoor(2, &waits, &d), 2
	return &policy.Adaptive{Table: table, Book: &b}
}

func TestSentencesOfTheAdaptivePolicy(t *testing.T) {
	budget := func(b time.Duration) route.Request { return route.Request{Cost: 1000, Budget: b, Scaling: 0.3} }
	golden(t, learned(t, route.ClassDefault, 1500*ms, 0), []asked{
		{name: "short", req: budget(50 * ms), kind: 1,
			want: "inline, since jobs like it are proven to be short, p99 52.4 µs of at most 100 µs in 400 runs: run 39.9 µs of a 50 ms budget (miss 0 %); demand 1.5 of 2 cores; it would not run inline with a p99 above 100 µs."},
		{name: "short by its declared cost", req: budget(50 * ms), kind: 3,
			want: "inline, since its declared cost of 1000 is at most inline_threshold 8000 and jobs like it take 20.4 µs on average: run 20.4 µs of a 50 ms budget (miss 0 %); demand 1.5 of 2 cores; it would not run inline at inline_threshold 999."},
		{name: "lanes free", req: budget(50 * ms), load: route.Load{CPUBusy: 1},
			want: "spawn, since only 1 of 2 lanes are taken and its declared cost of 1000 is below the spawn threshold 60000: run 8 ms of a 50 ms budget (miss 0 %); inline is for jobs proven below 100 µs (this kind: p99 10.5 ms); demand 1.5 of 2 cores; it would be shed at a budget below 8 ms."},
		{name: "lanes free, not spawned", req: budget(50 * ms), allowed: plain.Without(route.Spawn),
			want: "cpu_pool, since every lane is free and it is predicted to be done in time: run 8 ms of a 50 ms budget (miss 0 %); inline is for jobs proven below 100 µs (this kind: p99 10.5 ms); demand 1.5 of 2 cores; it would be shed at a budget below 8 ms."},
		{name: "lanes taken", req: budget(50 * ms), load: route.Load{CPUBusy: 2},
			want: "cpu_pool, since 2 of 2 lanes are taken: run 8 ms of a 50 ms budget (miss 10 %); spawn would share the cores (12 ms); inline is for jobs proven below 100 µs (this kind: p99 10.5 ms); demand 1.5 of 2 cores; it would be shed at a budget below 8 ms."},
		{name: "no budget", req: budget(0), load: route.Load{CPUBusy: 2, Queued: 1},
			want: "cpu_pool, since 2 of 2 lanes are taken and 1 job waits: run 8 ms, no budget; spawn would share the cores (12 ms); inline is for jobs proven below 100 µs (this kind: p99 10.5 ms); demand 1.5 of 2 cores; it would be shed at a budget below 8 ms."},
		{name: "unknown kind", req: budget(50 * ms), kind: 9,
			want: "inline, since nothing is known of its kind yet and its declared cost of 1000 is at most inline_threshold 8000; it would be spawned at inline_threshold 999."},
		{name: "unknown kind, undeclared", req: route.Request{Unsized: true}, kind: 9,
			want: "cpu_pool, since nothing is known of its kind yet and its size is not declared, so the pool bounds it; it would be spawned with a declared cost of 59999."},
		{name: "infeasible", req: budget(40 * ms), kind: 2,
			want: "shed, since it is predicted to run for 240 ms (from 70 runs) and to be done after 240 ms, beyond its 40 ms budget (miss over 99 %); demand 1.5 of 2 cores; it would be let in with a budget of 240 ms."},
		{name: "probe", req: budget(40 * ms), kind: 2, overrule: route.Decision{Strategy: route.CPUPool, Reason: route.ReasonProbe},
			want: "cpu_pool, since it keeps the prediction of its kind true while others of the kind are refused: run 240 ms of a 40 ms budget (miss over 99 %); inline is for jobs proven below 100 µs (this kind: p99 139 ms, not proven by 70 runs); demand 1.5 of 2 cores; it would be let in anyway with a budget of 240 ms."},
		{name: "closed by pressure", req: budget(50 * ms), external: 1,
			want: "shed, since injected pressure of 1 closes the door; demand 1.5 of 2 cores; it would be let in at an injected pressure below 1.00."},
		{name: "nested, predicted", req: budget(50 * ms), overrule: route.Decision{Strategy: route.Inline, Reason: route.ReasonNested},
			want: "inline, since it was submitted from inside another job, which lends it its slot: run 8 ms of a 50 ms budget (miss 0 %); demand 1.5 of 2 cores."},
		{name: "queue full, predicted", req: budget(50 * ms), load: route.Load{CPUBusy: 8, Queued: 512}, overrule: route.Decision{Strategy: route.Drop, Reason: route.ReasonQueueFull},
			want: "shed, since no slot is free (8 taken) and cpu_queue_cap jobs wait already (512); demand 1.5 of 2 cores; it would go to the pool at cpu_queue_cap 513."},
	})
	golden(t, learned(t, route.ClassDefault, 1500*ms, 20*ms), []asked{
		{name: "waits", req: budget(100 * ms), load: route.Load{CPUBusy: 2, Queued: 5},
			want: "cpu_pool, since 2 of 2 lanes are taken and 5 jobs wait: wait 40 ms + run 8 ms of a 100 ms budget (miss 14 %); spawn would share the cores (12 ms); inline is for jobs proven below 100 µs (this kind: p99 10.5 ms); demand 1.5 of 2 cores; it would be shed at a budget below 17.1 ms."},
		{name: "scarce, more budget", req: budget(15 * ms), load: route.Load{CPUBusy: 2, Queued: 5},
			want: "shed, since what comes before it, by class and size, asks for 1.5 of 2 cores and has 20 ms of work waiting, so that its turn would come after 40 ms, too late to run 8 ms in its 15 ms budget (miss 99 %); demand 1.5 of 2 cores; it would be let in with a budget of 17.1 ms."},
	})
	golden(t, learned(t, route.ClassDefault, 3400*ms, 900*ms), []asked{
		{name: "scarce, critical", req: budget(100 * ms), load: route.Load{CPUBusy: 2, Queued: 90},
			want: "shed, since what comes before it, by class and size, asks for 3.4 of 2 cores and has 900 ms of work waiting, so that its turn would not come in its 100 ms budget (miss over 99 %); demand 3.4 of 2 cores, scarcity 0.41; it would be let in as class critical."},
		{name: "scarce, sheddable", req: budget(100 * ms), class: route.ClassSheddable, load: route.Load{CPUBusy: 2, Queued: 90},
			want: "shed, since what comes before it, by class and size, asks for 3.4 of 2 cores and has 900 ms of work waiting, so that its turn would not come in its 100 ms budget (miss over 99 %); demand 3.4 of 2 cores, scarcity 0.41; it would be let in as class critical."},
		{name: "batch while lanes are taken", req: route.Request{Cost: 60_000, Scaling: 0.8}, allowed: every, load: route.Load{CPUBusy: 2, Queued: 90},
			want: "batch, since 2 of 2 lanes are taken and 90 jobs wait, its declared cost of 60000 reaches the spawn threshold 60000 and its scaling potential of 0.80 is at least 0.70: a wait without end + run 47.9 s, no budget; spawn would share the cores (718 ms); inline is for jobs proven below 100 µs (this kind: p99 628 ms, not proven by 400 runs); demand 3.4 of 2 cores, scarcity 0.41."},
	})
	golden(t, learned(t, route.ClassCriticalPlus, 3400*ms, 900*ms), []asked{
		{name: "scarce, more cores", req: budget(100 * ms), load: route.Load{CPUBusy: 2, Queued: 90},
			want: "shed, since what comes before it, by class and size, asks for 3.4 of 2 cores and has 900 ms of work waiting, so that its turn would not come in its 100 ms budget (miss over 99 %); demand 3.4 of 2 cores, scarcity 0.41; it would be let in with 13 more cores."},
	})
}
