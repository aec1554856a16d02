package helix_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

// adaptiveRouter makes a router with the default policy and configuration.
func adaptiveRouter(t *testing.T, change func(*helix.Config)) *helix.Router {
	t.Helper()
	return testRouter(t, func(c *helix.Config) {
		*c = helix.DefaultConfig()
		c.Autoscale = helix.AutoscaleAdvise // work that sleeps would otherwise be given more slots, as it should
		if change != nil {
			change(c)
		}
	})
}

// onCores sets the number of cores that the adaptive policy sees.
func onCores(t *testing.T, n int) {
	t.Helper()
	old := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(old) })
}

// sized is a job that declares its time in us and takes it.
func sized(d time.Duration) (helix.Hint, work) {
	return helix.Hint{Kind: "sized", Cost: uint64(d / time.Microsecond)}, sleeps(d)
}

// teach lets the router learn what "sized" jobs cost, on an idle machine.
func teach(t *testing.T, r *helix.Router, sizes ...time.Duration) {
	t.Helper()
	for i := range 240 {
		h, run := sized(sizes[i%len(sizes)])
		if _, err := helix.Do(t.Context(), r, h, run); err != nil {
			t.Fatalf("lesson %d: %v", i, err)
		}
	}
	time.Sleep(200 * time.Millisecond) // a tick, also of an idle control loop
}

// The original refuses everything from 7 busy slots on, also what no slot is needed for
// and nobody waits before.
func TestCheapWorkIsAdmittedWhileNothingWaitsHoweverBusyItIs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		onCores(t, 8)
		r := adaptiveRouter(t, nil)
		for busy := range 9 { // of 8 slots, and the original's gate is at 7
			release := hold(t, r, busy)
			if _, err := doAs(cheap)(t.Context(), r, returns(1)); err != nil {
				t.Errorf("%d slots are busy and nothing waits: %v", busy, err)
			}
			release()
		}
		if n := strategyCount(r, helix.Inline); n != 9 {
			t.Errorf("%d ran inline, want 9", n)
		}
	})
}

func TestWhatCannotBeInTimeIsRefusedOnceThatIsLearned(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := adaptiveRouter(t, nil)
		h, run := sized(20 * time.Millisecond)
		h.Budget = 5 * time.Millisecond
		if _, err := helix.Do(t.Context(), r, h, run); errors.Is(err, helix.ErrShed) {
			t.Errorf("refused before anything was learned: %v", err)
		}
		teach(t, r, 20*time.Millisecond)
		_, err := helix.Do(t.Context(), r, h, run)
		wantShed(t, err, route.ReasonInfeasible)
		h.Budget = 100 * time.Millisecond
		if _, err := helix.Do(t.Context(), r, h, run); err != nil {
			t.Errorf("with enough time: %v", err)
		}
	})
}

// After a change of cost for the better, probes find it, and the door opens by itself.
func TestProbesHealAnEstimateThatRefusesEverything(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := adaptiveRouter(t, nil)
		teach(t, r, 20*time.Millisecond)
		h, _ := sized(20 * time.Millisecond)
		h.Budget = 5 * time.Millisecond
		refused, done := 0, 0
		for range 60_000 { // 10 minutes
			switch _, err := helix.Do(t.Context(), r, h, sleeps(time.Millisecond)); {
			case errors.Is(err, helix.ErrShed):
				refused++
			case err == nil:
				done++
			}
			time.Sleep(10 * time.Millisecond)
		}
		if refused == 0 || done < 30_000 {
			t.Errorf("%d refused and %d done of 60000: the kind takes a millisecond now and has five", refused, done)
		}
	})
}

// tally counts what became of the jobs of one sort.
type tally struct{ done, shed, late atomic.Int64 }

func (c *tally) count(err error) {
	switch {
	case err == nil:
		c.done.Add(1)
	case errors.Is(err, helix.ErrShed):
		c.shed.Add(1)
	default:
		c.late.Add(1)
	}
}

func (c *tally) share() float64 {
	n := c.done.Load() + c.shed.Load() + c.late.Load()
	return float64(c.done.Load()) / float64(max(n, 1))
}

// overload offers work for 20 s: every 10 ms one job of each class of both sizes.
func overload(t *testing.T, r *helix.Router, classes []helix.Class, sizes []time.Duration) map[helix.Class]map[time.Duration]*tally {
	counts := map[helix.Class]map[time.Duration]*tally{}
	var wg sync.WaitGroup
	for _, class := range classes {
		counts[class] = map[time.Duration]*tally{}
		for _, size := range sizes {
			c := new(tally)
			counts[class][size] = c
			for i := range 2000 {
				wg.Go(func() {
					time.Sleep(time.Duration(i) * 10 * time.Millisecond)
					h, run := sized(size)
					h.Budget, h.Class = 500*time.Millisecond, class
					_, err := helix.Do(context.Background(), r, h, run)
					c.count(err)
				})
			}
		}
	}
	wg.Wait()
	return counts
}

// step offers 0.6x, then 2x for 4 s, then 0.6x again of what two cores can do, in jobs of 20 ms, and
// returns how many of those that the door refused came back when they were told to, and how many of these got in.
func step(t *testing.T, r *helix.Router) (back, admitted int64) {
	var came, done atomic.Int64
	var wg sync.WaitGroup
	h, run := sized(20 * time.Millisecond)
	h.Budget = 200 * time.Millisecond
	once := func() error { _, err := helix.Do(context.Background(), r, h, run); return err }
	for at := time.Duration(0); at < 40*time.Second; {
		due := at
		wg.Go(func() {
			var shed *helix.ShedError
			time.Sleep(due)
			if errors.As(once(), &shed) && shed.Reason == route.ReasonScarce {
				time.Sleep(shed.RetryAfter)
				came.Add(1)
				if !errors.Is(once(), helix.ErrShed) {
					done.Add(1)
				}
			}
		})
		if gap := 10 * time.Millisecond; at > 5*time.Second && at < 9*time.Second {
			at += gap / 2
		} else {
			at += gap * 10 / 6
		}
	}
	wg.Wait()
	return came.Load(), done.Load()
}

func TestWhoComesBackWhenToldToIsAdmitted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		onCores(t, 2)
		r := adaptiveRouter(t, nil)
		teach(t, r, 20*time.Millisecond)
		back, admitted := step(t, r)
		t.Logf("%d of %d", admitted, back)
		if back < 50 || float64(admitted) < 0.8*float64(back) {
			t.Errorf("%d of %d that were refused and came back when told to got in, want four of five", admitted, back)
		}
	})
}

func TestOverloadShedsTheHeavyAndKeepsTheLight(t *testing.T) {
	bubble(t, func(t *testing.T) {
		onCores(t, 2)
		r := adaptiveRouter(t, nil)
		light, heavier := 4*time.Millisecond, 60*time.Millisecond
		teach(t, r, light, heavier)
		got := overload(t, r, []helix.Class{helix.ClassDefault}, []time.Duration{light, heavier})[helix.ClassDefault]
		if l, h := got[light].share(), got[heavier].share(); l < 0.98 || h > 0.6 || h < 0.1 {
			t.Errorf("%.3f of the light and %.3f of the heavy was done: want nearly all, and what room is left", l, h)
		}
	})
}

func TestOverloadShedsTheLeastCriticalFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		onCores(t, 2)
		r := adaptiveRouter(t, nil)
		size := 15 * time.Millisecond // each class asks for 1.5 cores
		teach(t, r, size)
		got := overload(t, r, []helix.Class{helix.ClassCritical, helix.ClassDefault, helix.ClassSheddable}, []time.Duration{size})
		critical, normal, sheddable := got[helix.ClassCritical][size].share(), got[helix.ClassDefault][size].share(), got[helix.ClassSheddable][size].share()
		if critical < 0.97 || normal > 0.6 || normal < 0.1 || sheddable > 0.08 {
			t.Errorf("done: %.3f of critical, %.3f of default, %.3f of sheddable work", critical, normal, sheddable)
		}
	})
}

// A child of declared size must not teach its kind that a job without a size takes as long.
func TestNestedWorkTrainsWithItsSize(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := adaptiveRouter(t, nil)
		h, run := sized(100 * time.Millisecond) // heavy for the table, so that it runs on its parent's slot
		for range 100 {
			_, err := helix.Do(t.Context(), r, helix.Hint{Kind: "parent"}, func(ctx context.Context) (int, error) { return helix.Do(ctx, r, h, run) })
			if err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(200 * time.Millisecond)
		h.Cost, h.Budget = 5000, 20*time.Millisecond // a twentieth of the size
		if _, err := helix.Do(t.Context(), r, h, sleeps(5*time.Millisecond)); err != nil {
			t.Errorf("a job of 5 ms with 20 ms: %v", err)
		}
	})
}

func TestAChildOfASpawnedParentRunsOnOneCore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		onCores(t, 1)
		r := adaptiveRouter(t, nil)
		teach(t, r, 20*time.Millisecond)
		for range 3 {
			h, run := sized(20 * time.Millisecond)
			a := within(t, time.Hour, later(func() (int, error) {
				return helix.Do(t.Context(), r, h, func(ctx context.Context) (int, error) { return helix.Do(ctx, r, h, run) })
			}))
			if a.out != 1 || a.err != nil {
				t.Errorf("got %d, %v", a.out, a.err)
			}
		}
		if strategyCount(r, helix.Spawn) == 0 {
			t.Error("no parent was spawned: the test does not test it")
		}
	})
}

func TestAChangeOfPolicyUnderLoadLosesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		onCores(t, 2)
		r := adaptiveRouter(t, nil)
		var wg sync.WaitGroup
		var answers atomic.Int64
		for i := range 3000 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(1, uint64(i)))
				time.Sleep(time.Duration(rng.IntN(5000)) * time.Millisecond)
				h, run := sized(time.Duration(1+rng.IntN(30)) * time.Millisecond)
				h.Cost = uint64(rng.IntN(100_000))
				h.Budget = time.Duration(rng.IntN(3)) * 100 * time.Millisecond
				_, err := helix.Do(t.Context(), r, h, run)
				if err != nil && !errors.Is(err, helix.ErrShed) && !errors.Is(err, helix.ErrExpired) {
					t.Errorf("unexpected: %v", err)
				}
				answers.Add(1)
			})
		}
		for i := range 250 {
			time.Sleep(20 * time.Millisecond)
			name := []string{helix.PolicyThreshold, helix.PolicyAdaptive}[i%2]
			if _, err := r.PatchConfig(helix.ConfigPatch{"policy": name}); err != nil {
				t.Fatal(err)
			}
		}
		wg.Wait()
		if l := r.Stats().Ledger; answers.Load() != 3000 || l.Submitted != 3000 || l.Done == 0 {
			t.Errorf("%d answers: %+v", answers.Load(), l)
		}
	})
}
