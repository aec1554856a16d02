package helix_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

// parcel is a kind whose batches sleep for what a law says, 1 ms a job, and keeps count.
type parcel struct {
	*helix.Handle[int, int]
	mu      sync.Mutex
	batched int // jobs in batches of two and more; guarded by mu
	batches int // of two and more; guarded by mu
	late    int // batches of two and more that began in the last second; guarded by mu
}

func newParcel(t *testing.T, r *helix.Router, name string, fixed time.Duration, share float64, last time.Time) *parcel {
	t.Helper()
	p := &parcel{}
	h, err := helix.Register(r, helix.Kind[int, int]{
		Name: name,
		Run:  func(_ context.Context, x int) (int, error) { time.Sleep(time.Millisecond); return 2 * x, nil },
		Batch: func(_ context.Context, xs []int) ([]helix.Result[int], error) {
			if len(xs) > 1 {
				p.count(len(xs), time.Now().After(last))
			}
			time.Sleep(fixed + time.Duration(share*float64(len(xs))*1e6))
			return doubled(xs), nil
		},
		Units: func(int) uint64 { return 100_000 },
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Handle = h
	return p
}

func (p *parcel) count(jobs int, late bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.batched += jobs
	p.batches++
	if late {
		p.late++
	}
}

// The router learns by itself which kind's batches save, and stops batching the one whose do not, though both say
// that they scale; 99 of 100 answers are right and in time, at 2.5 cores' worth of work one by one on two.
func TestTheRouterLearnsWhichKindsToBatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		onCores(t, 2)
		r := adaptiveRouter(t, func(c *helix.Config) { // two slots: work that sleeps does not share cores
			c.CPUParallelism, c.BackpressureBusyThreshold = 2, 3
		})
		const run, gap = 10 * time.Second, 800 * time.Microsecond
		last := time.Now().Add(run - time.Second)
		saves := newParcel(t, r, "saves", 457*time.Microsecond, 0.543, last)
		equal := newParcel(t, r, "equal", 0, 1, last)
		var jobs sync.WaitGroup
		var mu sync.Mutex
		done, all := 0, 0
		for end := time.Now().Add(run); time.Now().Before(end); time.Sleep(gap) { // 2.5 cores' worth, one by one
			for _, p := range []*parcel{saves, equal} {
				all++
				x := all
				jobs.Go(func() {
					got, err := p.Do(t.Context(), x, scales, helix.Budget(40*time.Millisecond))
					if err == nil && got == 2*x {
						mu.Lock()
						done++
						mu.Unlock()
					}
				})
			}
		}
		jobs.Wait()
		t.Logf("%d of %d done; saves: %d jobs in %d batches; equal: %d in %d, of them %d batches in the last second",
			done, all, saves.batched, saves.batches, equal.batched, equal.batches, equal.late)
		if done < all*99/100 {
			t.Errorf("%d of %d were done in time", done, all)
		}
		if saves.batched < all/5 || saves.batched/max(saves.batches, 1) < 4 {
			t.Errorf("%d jobs in %d batches of the kind that saves", saves.batched, saves.batches)
		}
		if equal.batched > all/50 {
			t.Errorf("%d jobs in %d batches of the kind that does not", equal.batched, equal.batches)
		}
	})
}
