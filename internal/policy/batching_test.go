package policy_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// saving is the curve of a kind whose batches of eight of 1 ms each cost 40 % less than its jobs one by one.
func saving() estimate.BatchCurve {
	var m estimate.Batches
	for i := range 60 {
		alone := time.Duration(1+i%8) * ms
		m.Observe(1+i%8, alone, 457*time.Microsecond+alone*543/1000)
	}
	return m.Curve()
}

func drawBatching(t *rapid.T) policy.Batching {
	var m estimate.Batches
	share := rapid.Float64Range(0, 1.5).Draw(t, "share")
	fixed := rapid.Int64Range(0, 5_000_000).Draw(t, "fixed")
	for range rapid.IntRange(0, 60).Draw(t, "batches") {
		jobs := rapid.IntRange(1, 16).Draw(t, "jobs")
		alone := time.Duration(jobs) * ms
		m.Observe(jobs, alone, max(time.Duration(fixed+int64(share*float64(alone))), 1))
	}
	return policy.Batching{
		Curve: m.Curve(), Scarce: rapid.Bool().Draw(t, "scarce"),
		Mode: rapid.SampledFrom([]policy.BatchMode{policy.BatchAsked, policy.BatchOn, policy.BatchOff, policy.BatchTrial}).Draw(t, "mode"),
	}
}

func drawWaiting(t *rapid.T) []policy.Waiting {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) policy.Waiting {
		w := policy.Waiting{Slack: policy.Endless, Alone: time.Duration(rapid.Int64Range(1, 3_000_000).Draw(t, "alone"))}
		if rapid.Bool().Draw(t, "budget") {
			w.Slack = time.Duration(rapid.Int64Range(1, 40_000_000).Draw(t, "slack"))
		}
		return w
	}), 1, 32).Draw(t, "waiting")
}

func TestABatchEndsInsideItsTightestBudgetAndCouldHoldNoMore(t *testing.T) {
	fits := func(b *policy.Batching, jobs []policy.Waiting) bool {
		alone, tight := time.Duration(0), policy.Endless
		for _, w := range jobs {
			alone, tight = alone+w.Alone, min(tight, w.Slack)
		}
		return len(jobs) <= 1 || b.Curve.High(alone) <= tight
	}
	rapid.Check(t, func(t *rapid.T) {
		b, waiting, most := drawBatching(t), drawWaiting(t), rapid.IntRange(1, 16).Draw(t, "most")
		skip, size := b.Size(waiting, most)
		if size < 1 || size > most || skip+size > len(waiting) {
			t.Fatalf("%d from %d of %d, at most %d", size, skip, len(waiting), most)
		}
		if !b.Curve.Known() {
			if skip != 0 || b.Mode == policy.BatchAsked && size != min(most, len(waiting)) {
				t.Fatalf("%d from %d of %d, at most %d, and nothing is known", size, skip, len(waiting), most)
			}
			return
		}
		if size > b.Curve.Reach() || !fits(&b, waiting[skip:skip+size]) {
			t.Fatalf("%d jobs from %d do not end in time", size, skip)
		}
		if end := skip + size; end < len(waiting) && size < min(most, b.Curve.Reach()) && fits(&b, waiting[skip:end+1]) {
			t.Fatalf("%d jobs, and one more would fit", size)
		}
		if skip > 0 && (!b.Scarce || fits(&b, waiting[:size+1]) && size < most) {
			t.Fatalf("%d are passed over for nothing", skip)
		}
	})
}

func TestABatchIsNotKeptSmallForWhatIsNearlyLateWhereCoresAreScarce(t *testing.T) {
	waiting := []policy.Waiting{{Slack: 2 * ms, Alone: ms}}
	for range 8 {
		waiting = append(waiting, policy.Waiting{Slack: 30 * ms, Alone: ms})
	}
	b := policy.Batching{Curve: saving(), Mode: policy.BatchOn}
	if skip, size := b.Size(waiting, 8); skip != 0 || size != 2 {
		t.Errorf("%d from %d, want the 2 that the first has time for", size, skip)
	}
	b.Scarce = true
	if skip, size := b.Size(waiting, 8); skip != 1 || size != 8 {
		t.Errorf("%d from %d, want the 8 behind the first", size, skip)
	}
}

func TestAHoldMakesNobodyLate(t *testing.T) {
	held := 0
	rapid.Check(t, func(t *rapid.T) {
		b := drawBatching(t)
		f := policy.Forming{
			Jobs: rapid.IntRange(1, 20).Draw(t, "jobs"), First: ms, Most: rapid.IntRange(1, 20).Draw(t, "most"),
			Oldest: time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "oldest")), Delay: 10 * ms, Due: policy.Endless,
		}
		if rapid.Bool().Draw(t, "budget") {
			f.Due = f.Oldest + time.Duration(rapid.Int64Range(0, 1e8).Draw(t, "budget"))
		}
		until := b.Until(&f)
		switch {
		case until == 0:
			if b.Curve.Known() && f.Jobs < min(f.Most, b.Curve.Reach()) {
				t.Fatalf("%+v is not held", f)
			}
			return
		case until > f.Oldest+f.Delay:
			t.Fatalf("held for %v", until-f.Oldest)
		case f.Due != policy.Endless && until > f.Oldest && until+ms+b.Curve.High(time.Duration(f.Jobs)*ms) > f.Due+1:
			t.Fatalf("held until %v, runs %v, due %v", until, b.Curve.High(time.Duration(f.Jobs)*ms), f.Due)
		}
		held++
		if during, after := b.Lane(until-1, &f), b.Lane(until, &f); during < after {
			t.Fatalf("asks for a lane of %v, and of %v once it is no longer held", during, after)
		}
	})
	if held == 0 {
		t.Error("nothing was held")
	}
}

// batching is a policy on two cores that are scarce and taken, which knows a kind of 1 ms jobs and its batches.
func batching(b policy.Batching) (*policy.Adaptive, route.Load) {
	a := adaptive(demand(map[time.Duration]float64{ms: 3}), learned(300, 1000))
	a.Book.Batches, a.Book.BatchSize = []policy.Batching{b}, 8
	return a, route.Load{CPUBusy: 2, Queued: 4}
}

func TestWhatIsKnownOfBatchesDecides(t *testing.T) {
	on := policy.Batching{Curve: saving(), Mode: policy.BatchOn}
	scales, asks := float32(0.9), uint64(100_000)
	for _, c := range []struct {
		name string
		b    policy.Batching
		free bool
		req  route.Request
		want route.Strategy
	}{
		{"batches save", on, false, route.Request{Cost: 1000, Budget: 40 * ms}, route.Batch},
		{"they save, and cores are free", on, true, route.Request{Cost: 1000, Scaling: scales}, route.Spawn},
		{"they save, and there is no time for company", on, false, route.Request{Cost: 1000, Budget: 3 * ms, Scaling: scales}, route.CPUPool},
		{"they save nothing, whatever the hint says", policy.Batching{Mode: policy.BatchOff}, false, route.Request{Cost: asks, Scaling: scales}, route.CPUPool},
		{"nothing is known, and nobody asks", policy.Batching{}, false, route.Request{Cost: 1000, Scaling: scales}, route.CPUPool},
		{"nothing is known, and the table says so", policy.Batching{}, false, route.Request{Cost: asks, Scaling: scales}, route.Batch},
		{"a trial", policy.Batching{Mode: policy.BatchTrial}, false, route.Request{Cost: 1000}, route.Batch},
	} {
		a, load := batching(c.b)
		a.Book.Door.Cores = 1e6 // whatever the door says
		a.Table.InlineThreshold = 0
		if c.free {
			load = route.Load{}
		}
		d := a.Decide(c.req, route.Subject{Allowed: every.Without(route.Inline)}, load, &open)
		if d.Strategy != c.want {
			t.Errorf("%s: %v (%v)", c.name, d.Strategy, d.Reason)
		}
		if (d.Alone > 0) != (d.Strategy == route.Batch) {
			t.Errorf("%s: %+v", c.name, d)
		}
		account := policy.Explain(a, c.req, route.Subject{Allowed: every.Without(route.Inline)}, load, open, d)
		if arm := account.Arms[d.Strategy]; d.Strategy == route.Batch && c.b.Curve.Known() && arm.Finish() != d.Predicted {
			t.Errorf("%s: decided on %v, accounted for with %+v", c.name, d.Predicted, arm)
		}
	}
}

// A batched job counts at the door with its part of a batch, and is done when the batch is.
func TestABatchedJobCostsItsPartOfABatch(t *testing.T) {
	a, load := batching(policy.Batching{Curve: saving(), Mode: policy.BatchOn})
	d := a.Decide(route.Request{Cost: 1000, Budget: time.Second}, route.Subject{Allowed: every}, load, &open)
	if d.Strategy != route.Batch || (d.Alone-ms).Abs() > ms/10 {
		t.Fatalf("%+v", d)
	}
	if share := float64(d.Service) / float64(d.Alone); share < 0.55 || share > 0.65 {
		t.Errorf("%v of %v alone, want 0.6 of it", d.Service, d.Alone)
	}
	if d.Predicted < 4*ms {
		t.Errorf("done after %v, and its batch of eight runs for 4.8 ms", d.Predicted)
	}
}

func TestDecidingOnBatchesDoesNotAllocate(t *testing.T) {
	a, load := batching(policy.Batching{Curve: saving(), Mode: policy.BatchOn})
	if n := testing.AllocsPerRun(100, func() {
		a.Decide(route.Request{Cost: 1000, Budget: 40 * ms}, route.Subject{Allowed: every}, load, &open)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecideBatch(b *testing.B) {
	for name, plan := range map[string][]policy.Batching{"learned": {{Curve: saving(), Mode: policy.BatchOn}}, "not": nil} {
		b.Run(name, func(b *testing.B) {
			a, load := batching(policy.Batching{})
			a.Book.Batches = plan
			b.ReportAllocs()
			for b.Loop() {
				a.Decide(route.Request{Cost: 1000, Budget: 40 * ms}, route.Subject{Allowed: every}, load, &open)
			}
		})
	}
}
