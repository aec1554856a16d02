package helix_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

// gauge counts how much runs at once.
type gauge struct{ now, peak atomic.Int32 }

func (g *gauge) work(d time.Duration) work {
	return func(context.Context) (int, error) {
		n := g.now.Add(1)
		defer g.now.Add(-1)
		for p := g.peak.Load(); n > p && !g.peak.CompareAndSwap(p, n); p = g.peak.Load() {
		}
		time.Sleep(d)
		return 1, nil
	}
}

func patch(t *testing.T, r *helix.Router, p helix.ConfigPatch) {
	t.Helper()
	if _, err := r.PatchConfig(p); err != nil {
		t.Fatal(err)
	}
}

// The width follows under load, up at once and down as jobs end, and loses nothing.
func TestThePoolsWidthFollowsUnderLoad(t *testing.T) {
	for name, as := range map[string][]helix.CallOption{"pool": {heavy}, "batch": {heavy, scales}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := testRouter(t, func(c *helix.Config) { c.CPUQueueCap, c.BatchMaxSize = 4000, 1 })
				var g gauge
				var answers []<-chan answer
				for range 2000 {
					answers = append(answers, later(func() (int, error) { return doAs(as...)(t.Context(), r, g.work(time.Second)) }))
				}
				for _, n := range []int{8, 2, 16, 1, 3} {
					patch(t, r, helix.ConfigPatch{"cpu_parallelism": n})
					time.Sleep(3 * time.Second) // what ran on a larger width has ended
					g.peak.Store(0)
					time.Sleep(10 * time.Second)
					if peak := int(g.peak.Load()); peak != n {
						t.Errorf("width %d: %d ran at once", n, peak)
					}
					if s := r.Stats().Pool; s.Width != n || s.Busy != n {
						t.Errorf("width %d: stats say %+v", n, s)
					}
				}
				patch(t, r, helix.ConfigPatch{"cpu_parallelism": 500})
				for _, c := range answers {
					if a := <-c; a.err != nil {
						t.Fatalf("a job was lost: %v", a.err)
					}
				}
			})
		})
	}
}

// More slots start on what waits at once, and not with the next job.
func TestAddedSlotsTakeWhatWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		hold(t, r, 1)
		b := newBatcher(t, r, nil, nil)
		waits := later(func() (int, error) { return doAs(heavy)(t.Context(), r, returns(7)) })
		batched := b.submit(t.Context(), 0, 3)
		time.Sleep(time.Second)
		start := time.Now()
		patch(t, r, helix.ConfigPatch{"cpu_parallelism": 2})
		if a := <-waits; a.out != 7 || a.at != start {
			t.Errorf("got %d, %v after %v, want it at once", a.out, a.err, a.at.Sub(start))
		}
		for _, c := range batched {
			if a := <-c; a.err != nil || a.at != start {
				t.Errorf("the batch got %v after %v, want it at once", a.err, a.at.Sub(start))
			}
		}
	})
}

func TestTheQueuesBoundFollowsBothWays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.CPUQueueCap = 1, 3 })
		release := hold(t, r, 1)
		var waiting []<-chan answer
		wait := func() { // one more that waits
			waiting = append(waiting, later(func() (int, error) { return doAs(heavy)(t.Context(), r, returns(7)) }))
			synctest.Wait()
		}
		full := func() {
			t.Helper()
			for _, as := range [][]helix.CallOption{{heavy}, {heavy, scales}} {
				_, err := doAs(as...)(t.Context(), r, returns(7))
				wantShed(t, err, route.ReasonQueueFull)
			}
		}
		for range 3 {
			wait()
		}
		full()
		patch(t, r, helix.ConfigPatch{"cpu_queue_cap": 5})
		wait()
		wait()
		full()
		patch(t, r, helix.ConfigPatch{"cpu_queue_cap": 1})
		full()
		if q := r.Stats().Pool; q.Queued != 5 || q.QueueCap != 1 {
			t.Errorf("%+v: what was admitted must stay, want 5 queued", q)
		}
		release()
		for _, c := range waiting {
			if a := <-c; a.out != 7 || a.err != nil {
				t.Errorf("an admitted job got %d, %v", a.out, a.err)
			}
		}
	})
}

func TestTheBatchSizeFollows(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		b := newBatcher(t, r, nil, nil)
		for _, size := range []int{2, 5, 1} {
			patch(t, r, helix.ConfigPatch{"batch_max_size": size})
			release := hold(t, r, 1)
			answers := b.submit(t.Context(), 0, 5)
			release()
			for _, c := range answers {
				<-c
			}
		}
		want := "[[0 1] [2 3] [4] [0 1 2 3 4] [0] [1] [2] [3] [4]]"
		if got := b.ran(); got != want {
			t.Errorf("batches %s, want %s", got, want)
		}
	})
}

func TestTheBatchDelayFollows(t *testing.T) {
	const run = 100 * time.Millisecond
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.BatchMaxDelayMS = 1, 60_000 })
		b := newBatcher(t, r, nil, nil)
		for range 100 {
			later(func() (int, error) { return doAs(heavy)(t.Context(), r, ignores(run)) })
		}
		synctest.Wait()
		start := time.Now()
		answers := b.submit(t.Context(), 0, 1)
		time.Sleep(2 * time.Second)
		patch(t, r, helix.ConfigPatch{"batch_max_delay_ms": 1000})
		if took := (<-answers[0]).at.Sub(start); took < 2*time.Second || took > 2*time.Second+run {
			t.Errorf("the batch ran after %v, want after the change at 2s", took)
		}
		time.Sleep(time.Minute)
	})
}

// Over the spawn limit a job waits for the pool, where its number is bounded.
func TestTheSpawnLimitSendsTheRestToThePool(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.SpawnLimit = 3 })
		var answers []<-chan answer
		spawn := func() {
			answers = append(answers, later(func() (int, error) { return doAs(moderate)(t.Context(), r, ignores(time.Minute)) }))
			synctest.Wait()
		}
		counts := func(spawned, busy int) {
			t.Helper()
			if s := r.Stats(); s.Spawned != spawned || s.Pool.Busy != busy {
				t.Errorf("%d spawned and %d on slots, want %d and %d", s.Spawned, s.Pool.Busy, spawned, busy)
			}
		}
		for range 5 {
			spawn()
		}
		counts(3, 2)
		patch(t, r, helix.ConfigPatch{"spawn_limit": 4})
		spawn()
		spawn()
		counts(4, 3)
		patch(t, r, helix.ConfigPatch{"spawn_limit": 1})
		spawn()
		counts(4, 4)
		for _, c := range answers {
			if a := <-c; a.err != nil {
				t.Error(a.err)
			}
		}
		spawn()
		counts(1, 0)
		<-answers[len(answers)-1]
	})
}

// The limit can also be reached between the decision and the start.
func TestASpawnThatComesTooLateGoesToThePoolOrIsShed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.CPUQueueCap, c.SpawnLimit = 1, 1, 1 }, spawnAlways())
		var answers []<-chan answer
		for range 3 { // spawned, on the slot, in the queue
			answers = append(answers, later(func() (int, error) { return doAs()(t.Context(), r, ignores(time.Second)) }))
			synctest.Wait()
		}
		_, err := doAs()(t.Context(), r, returns(1))
		wantShed(t, err, route.ReasonQueueFull)
		_, err = goAs()(t.Context(), r, returns(1))
		wantShed(t, err, route.ReasonQueueFull)
		for _, c := range answers {
			if a := <-c; a.out != 1 || a.err != nil {
				t.Errorf("got %d, %v", a.out, a.err)
			}
		}
		if n := strategyCount(r, helix.CPUPool); n != 2 {
			t.Errorf("%d jobs went to the pool, want 2", n)
		}
		for _, k := range r.Stats().Kinds { // each ends where it ran
			want := map[helix.Strategy]uint64{helix.Spawn: 1, helix.CPUPool: 2}[k.Strategy]
			if k.Outcomes[helix.Done] != want {
				t.Errorf("%d jobs were done by %s, want %d", k.Outcomes[helix.Done], k.Strategy, want)
			}
		}
		wantLedger(t, r, helix.Ledger{Done: 3, Shed: 2})
	})
}

func TestThresholdsFollowBothWays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		for _, c := range []struct {
			patch helix.ConfigPatch
			want  helix.Strategy
		}{
			{helix.ConfigPatch{}, helix.Spawn},
			{helix.ConfigPatch{"inline_threshold": 20_000}, helix.Inline},
			{helix.ConfigPatch{"inline_threshold": 19_999}, helix.Spawn},
			{helix.ConfigPatch{"spawn_threshold": 20_000}, helix.CPUPool},
			{helix.ConfigPatch{"spawn_threshold": 20_001}, helix.Spawn},
			{helix.ConfigPatch{"backpressure_busy_threshold": 1}, helix.Spawn},
			{helix.ConfigPatch{"inline_threshold": nil, "spawn_threshold": nil}, helix.Spawn},
		} {
			patch(t, r, c.patch)
			before := strategyCount(r, c.want)
			if _, err := doAs(moderate)(t.Context(), r, returns(1)); err != nil { // cost 20,000
				t.Errorf("%v: %v", c.patch, err)
			}
			if n := strategyCount(r, c.want) - before; n != 1 {
				t.Errorf("%v: the job did not go to %s", c.patch, c.want)
			}
		}
		release := hold(t, r, 1)
		_, err := doAs(cheap)(t.Context(), r, returns(1))
		wantShed(t, err, route.ReasonBusyGate)
		patch(t, r, helix.ConfigPatch{"backpressure_busy_threshold": 2})
		if _, err := doAs(cheap)(t.Context(), r, returns(1)); err != nil {
			t.Error(err)
		}
		release()
	})
}

func TestAPolicyThatAsksForTooMuchGetsThePool(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil, helix.WithPolicy(always{route.Decision{Strategy: route.Batch, Propensity: 1}}))
		got, err := helix.Do(t.Context(), r, helix.Hint{}, returns(7)) // a function cannot be batched
		if got != 7 || err != nil || strategyCount(r, helix.CPUPool) != 1 {
			t.Errorf("got %d, %v, and %d jobs in the pool", got, err, strategyCount(r, helix.CPUPool))
		}
	})
}
