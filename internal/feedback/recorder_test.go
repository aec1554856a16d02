package feedback_test

import (
	"sync"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/route"
)

// Whatever goroutine writes, and so whatever shard, the totals are exact.
func TestNothingIsLostBetweenTheShards(t *testing.T) {
	const writers, each = 32, 500
	r := feedback.NewRecorder(0.15)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				kind := uint32((w + i) % 5)
				r.Begin(route.Spawn)
				r.Reroute(route.Spawn, route.CPUPool)
				var other sync.WaitGroup
				other.Go(func() { // ends on another stack than it began on
					r.Record(&route.Outcome{Kind: kind, Strategy: route.CPUPool, Disposition: route.Done, Wait: 1, Run: 2})
				})
				other.Wait()
				r.Begin(route.Drop)
				r.Record(&route.Outcome{Kind: kind, Strategy: route.Drop, Disposition: route.Shed, Reason: route.ReasonQueueFull})
				r.Batch(3)
				if i%50 == 0 {
					c := r.Counters() // a look in between must not see more ends than begins
					if ends := c.Of(route.Done) + c.Of(route.Shed); ends > c.Submitted() {
						t.Errorf("%d ends of %d jobs", ends, c.Submitted())
					}
				}
			}
		})
	}
	wg.Wait()
	const n = writers * each
	c := r.Counters()
	if c.Begun[route.Spawn] != 0 || c.Begun[route.CPUPool] != n || c.Begun[route.Drop] != n || c.Submitted() != 2*n {
		t.Errorf("begun: %v, want %d in the pool and %d shed", c.Begun, n, n)
	}
	if c.EndedOn(route.CPUPool) != n || c.Of(route.Shed) != n || c.Sheds[route.ReasonQueueFull] != n {
		t.Errorf("ended: %v, sheds %v", c.Ended, c.Sheds)
	}
	if c.Ran != n || c.Sojourn != 3*n || c.Slotted != n || c.SlotTime != 2*n {
		t.Errorf("ran %d for %v, %d on slots for %v", c.Ran, c.Sojourn, c.Slotted, c.SlotTime)
	}
	if sizes, jobs := r.Batches(); jobs != 3*n || sizes[2] != n {
		t.Errorf("batches %v of %d jobs", sizes, jobs)
	}
	var counts uint64
	for _, s := range r.Series() {
		if s.Strategy == route.CPUPool {
			counts += s.Sojourn.Count()
			if s.Wait.Max() != 1 || s.Run.Max() != 2 || s.Sojourn.Max() != 3 {
				t.Errorf("kind %d: wait %v, run %v, sojourn %v", s.Kind, s.Wait.Max(), s.Run.Max(), s.Sojourn.Max())
			}
		}
	}
	if counts != n {
		t.Errorf("%d samples in the series, want %d", counts, n)
	}
}

func TestOnlyJobsThatRanAreMeasured(t *testing.T) {
	r := feedback.NewRecorder(0.5)
	for _, d := range route.Dispositions() {
		r.Begin(route.Inline)
		r.Record(&route.Outcome{Strategy: route.Inline, Disposition: d, Reason: route.ReasonBusyGate, Run: 8 * time.Second})
	}
	rows := r.Series()
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	s := rows[0]
	for d, n := range s.Outcomes {
		if n != 1 {
			t.Errorf("%s: %d, want 1", route.Disposition(d), n)
		}
	}
	const ran = 3 // done, failed, panicked
	if s.Run.Count() != ran || s.Sojourn.Count() != ran || s.Wait.Count() != ran || s.Wait.Max() != 0 {
		t.Errorf("%d runs, %d sojourns, %d waits up to %v", s.Run.Count(), s.Sojourn.Count(), s.Wait.Count(), s.Wait.Max())
	}
	if avg := r.Averages(); avg[route.Inline] != 8*time.Second || avg[route.CPUPool] != 0 {
		t.Errorf("averages %v", avg)
	}
	if n := r.Sojourns(route.Inline).Count(); n != ran {
		t.Errorf("%d sojourns", n)
	}
}

func TestBatchSizesFallIntoPowersOfTwo(t *testing.T) {
	r := feedback.NewRecorder(0.5)
	for _, n := range []int{1, 2, 3, 4, 5, 8, 9, 4096} {
		r.Batch(n)
	}
	sizes, jobs := r.Batches()
	want := [feedback.MaxBatchLog + 1]uint64{0: 1, 1: 1, 2: 2, 3: 2, 4: 1, 12: 1}
	if sizes != want || jobs != 1+2+3+4+5+8+9+4096 {
		t.Errorf("%v of %d jobs, want %v", sizes, jobs, want)
	}
}
