package helix_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
)

// runPool runs n pool jobs of d, all at once.
func runPool(t *testing.T, r *helix.Router, n int, d time.Duration) {
	t.Helper()
	var answers []<-chan answer
	for range n {
		answers = append(answers, later(func() (int, error) { return doAs(helix.Cost(10_000_000))(t.Context(), r, ignores(d)) }))
	}
	for _, c := range answers {
		if a := <-c; a.err != nil {
			t.Fatal(a.err)
		}
	}
}

func TestTheSpawnThresholdRisesAndFallsWithThePoolsP95(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(16))
		tick := func(d time.Duration, want uint64) {
			t.Helper()
			runPool(t, r, 10, d)
			if got := r.AdaptTick(time.Now()); got != want {
				t.Errorf("after jobs of %v: %d, want %d", d, got, want)
			}
			if got := r.Stats().AdaptiveSpawnThreshold; got != want {
				t.Errorf("stats say %d, want %d", got, want)
			}
		}
		// All within the first 10 s, when the router itself has not looked.
		for _, want := range []uint64{66_000, 72_600, 79_860, 87_846} {
			tick(400*time.Millisecond, want) // above 200 ms x 1.5
		}
		// Between the budget and 1.5 times it nothing moves.
		tick(250*time.Millisecond, 87_846)
		for _, want := range []uint64{86_967, 86_097, 85_236} {
			tick(10*time.Millisecond, want)
		}
		// With fewer than 10 new samples nothing moves either; they are kept for the next look.
		runPool(t, r, 9, 400*time.Millisecond)
		if got := r.AdaptTick(time.Now()); got != 85_236 {
			t.Errorf("9 samples: %d, want 85236 still", got)
		}
		runPool(t, r, 1, 400*time.Millisecond)
		if got := r.AdaptTick(time.Now()); got != 93_759 {
			t.Errorf("9 and 1 samples: %d, want 93759", got)
		}
		// What decides is the live threshold.
		before := strategyCount(r, helix.Spawn)
		if _, err := doAs(helix.Cost(93_758))(t.Context(), r, returns(1)); err != nil {
			t.Error(err)
		}
		if strategyCount(r, helix.Spawn) != before+1 {
			t.Error("a cost below the adaptive threshold was not spawned")
		}
		// A new base starts anew.
		patch(t, r, helix.ConfigPatch{"spawn_threshold": 50_000})
		if got := r.Stats().AdaptiveSpawnThreshold; got != 50_000 {
			t.Errorf("after a new base: %d, want 50000", got)
		}
	})
}

func TestTheRouterAdaptsByItselfEveryTenSeconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(16))
		runPool(t, r, 10, 400*time.Millisecond)
		time.Sleep(9 * time.Second)
		if got := r.Stats().AdaptiveSpawnThreshold; got != 60_000 {
			t.Errorf("before the tick: %d, want 60000", got)
		}
		time.Sleep(time.Second)
		if got := r.Stats().AdaptiveSpawnThreshold; got != 66_000 {
			t.Errorf("after the tick: %d, want 66000", got)
		}
		time.Sleep(time.Minute) // idle: no samples, no move
		if got := r.Stats().AdaptiveSpawnThreshold; got != 66_000 {
			t.Errorf("after an idle minute: %d, want 66000", got)
		}
	})
}

func TestTheEMAGivesTheNewestSampleItsWeight(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		ema := func(d time.Duration) time.Duration {
			if _, err := doAs(cheap)(t.Context(), r, ignores(d)); err != nil {
				t.Fatal(err)
			}
			return r.Stats().Strategies[0].EMA
		}
		for _, c := range []struct{ sample, want time.Duration }{
			{100 * time.Second, 100 * time.Second},
			{0, 85 * time.Second},
			{50 * time.Second, 79750 * time.Millisecond},
		} {
			if got := ema(c.sample); (got - c.want).Abs() > time.Microsecond {
				t.Errorf("after %v: %v, want %v", c.sample, got, c.want)
			}
		}
		patch(t, r, helix.ConfigPatch{"ema_alpha": 1})
		if got := ema(7 * time.Second); got != 7*time.Second {
			t.Errorf("alpha 1: %v, want the newest sample", got)
		}
		patch(t, r, helix.ConfigPatch{"ema_alpha": 0.5})
		if got := ema(9 * time.Second); got != 8*time.Second {
			t.Errorf("alpha 0.5: %v, want 8s", got)
		}
	})
}

func TestPressureRisesUnderLoadAndDecaysOnAnIdleRouter(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.CPUQueueCap = 2, 2 })
		if p := r.Stats().Pressure; p.Score != 0 || p.Ruling != "none" || len(p.Signals) != 11 {
			t.Errorf("a new router: %+v, want 0 and five signals", p)
		}
		var answers []<-chan answer
		for range 100 { // 4 are admitted, the others shed
			answers = append(answers, later(func() (int, error) { return doAs(heavy)(t.Context(), r, ignores(2*time.Second)) }))
		}
		synctest.Wait()
		time.Sleep(time.Second)
		high := r.Pressure()
		if high <= 0.4 || high > 1 {
			t.Errorf("full slots, full queue and sheds: pressure %v, want more than the 0.40 of saturation alone", high)
		}
		for _, c := range answers {
			<-c
		}
		last := high
		for range 5 { // nobody submits, nobody asks for Stats
			time.Sleep(2 * time.Second)
			p := r.Pressure()
			if p >= last {
				t.Errorf("pressure %v after %v on an idle router, want less", p, last)
			}
			last = p
		}
		time.Sleep(time.Minute)
		if p := r.Pressure(); p > 0.001 {
			t.Errorf("pressure %v after an idle minute, want nearly 0", p)
		}
	})
}
