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
