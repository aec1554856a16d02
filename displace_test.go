package helix_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

// A full queue makes room for critical work: the last of those that matter least leaves it.
func TestACriticalJobTakesThePlaceOfOneThatMattersLess(t *testing.T) {
	onCores(t, 2)
	bubble(t, func(t *testing.T) {
		r := adaptiveRouter(t, func(c *helix.Config) { c.CPUParallelism, c.CPUQueueCap = 2, 3 })
		release := hold(t, r, 2)
		submit := func(class helix.Class, id int) <-chan answer {
			c := later(func() (int, error) {
				return helix.Do(context.Background(), r, helix.Hint{Kind: "new", Class: class}, returns(id))
			})
			synctest.Wait()
			return c
		}
		first, low, second := submit(helix.ClassDefault, 1), submit(helix.ClassSheddable, 2), submit(helix.ClassDefault, 3)
		wantShed(t, (<-submit(helix.ClassDefault, 4)).err, route.ReasonQueueFull)

		critical := submit(helix.ClassCritical, 5)
		wantShed(t, (<-low).err, route.ReasonDisplaced)
		plus := submit(helix.ClassCriticalPlus, 6)
		wantShed(t, (<-second).err, route.ReasonDisplaced)
		last := submit(helix.ClassCritical, 7)
		wantShed(t, (<-first).err, route.ReasonDisplaced)
		wantShed(t, (<-submit(helix.ClassCritical, 8)).err, route.ReasonQueueFull)
		more := submit(helix.ClassCriticalPlus, 9)
		wantShed(t, (<-last).err, route.ReasonDisplaced)

		release()
		for id, c := range map[int]<-chan answer{5: critical, 6: plus, 9: more} {
			if a := <-c; a.err != nil || a.out != id {
				t.Errorf("job %d: %d, %v", id, a.out, a.err)
			}
		}
		time.Sleep(2 * time.Second)
		wantLedger(t, r, helix.Ledger{Done: 5, Shed: 6})
		if n := r.Stats().Sheds[route.ReasonDisplaced]; n != 4 {
			t.Errorf("%d sheds are counted as displaced, want 4", n)
		}
	})
}

func TestTheTableDisplacesNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.CPUQueueCap = 1, 1 })
		release := hold(t, r, 1)
		waits := later(func() (int, error) { return doAs(heavy)(t.Context(), r, returns(1)) })
		synctest.Wait()
		_, err := doAs(heavy, helix.ClassCriticalPlus)(t.Context(), r, returns(2))
		wantShed(t, err, route.ReasonQueueFull)
		release()
		if a := <-waits; a.err != nil {
			t.Error(a.err)
		}
	})
}

// Work that waits for a batch makes room like any other, and is made room for.
func TestBatchesAreDisplacedAndDisplace(t *testing.T) {
	onCores(t, 2)
	bubble(t, func(t *testing.T) {
		w := &witness{t: t}
		r := testRouter(t, func(c *helix.Config) {
			*c = helix.DefaultConfig()
			c.Autoscale, c.CPUParallelism, c.CPUQueueCap = helix.AutoscaleAdvise, 2, 2
		}, helix.WithTracer(w))
		release := hold(t, r, 2)
		batched := func(class helix.Class) <-chan answer {
			c := later(func() (int, error) { return doAs(heavy, helix.Scaling(1), class)(t.Context(), r, returns(1)) })
			synctest.Wait()
			return c
		}
		low, low2 := batched(helix.ClassSheddable), batched(helix.ClassSheddable)
		single := later(func() (int, error) {
			return helix.Do(t.Context(), r, helix.Hint{Kind: "single", Class: helix.ClassCritical}, returns(2))
		})
		synctest.Wait()
		critical := batched(helix.ClassCritical)
		for _, c := range []<-chan answer{low, low2} {
			wantShed(t, (<-c).err, route.ReasonDisplaced)
		}
		wantShed(t, (<-batched(helix.ClassCritical)).err, route.ReasonQueueFull)
		release()
		for _, c := range []<-chan answer{single, critical} {
			if a := <-c; a.err != nil {
				t.Error(a.err)
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		displaced := 0
		for _, j := range w.traces {
			if len(j.end) == 1 && j.end[0].Reason == route.ReasonDisplaced && j.end[0].Outcome == helix.Shed {
				displaced++
			}
		}
		if displaced != 2 {
			t.Errorf("%d traces end as displaced, want 2", displaced)
		}
	})
}
