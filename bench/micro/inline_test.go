package micro

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/failsafe-go/failsafe-go/adaptivelimiter"
	"github.com/panjf2000/ants/v2"
	"golang.org/x/sync/semaphore"

	"github.com/helixrouter/helix"
)

// BenchmarkInline runs the job on its caller's goroutine.
func BenchmarkInline(b *testing.B) {
	ctx := cancellable(b)
	alone(b, "floor=call+2clocks", func() (int, error) {
		start := time.Since(epoch)
		v, err := job(ctx, 3)
		kept += int(time.Since(epoch) - start)
		return v, err
	})
	r, h := router(b, nil)
	alone(b, "helix-handle", func() (int, error) { return h.Do(ctx, 3, cheap) })
	run := func(ctx context.Context) (int, error) { return job(ctx, 3) }
	alone(b, "helix-do", func() (int, error) { return helix.Do(ctx, r, helix.Hint{Kind: "square", Cost: 1}, run) })
	slots := semaphore.NewWeighted(width)
	alone(b, "semaphore", func() (int, error) {
		if err := slots.Acquire(ctx, 1); err != nil {
			return 0, err
		}
		defer slots.Release(1)
		return job(ctx, 3)
	})
	limiter := adaptivelimiter.NewWithDefaults[int]()
	alone(b, "failsafe-limiter", func() (int, error) {
		permit, ok := limiter.TryAcquirePermit()
		if !ok {
			return 0, errFull
		}
		defer permit.Record()
		return job(ctx, 3)
	})
}

var errFull = errors.New("full")

// BenchmarkRefuse is what a refusal costs when everything is full.
func BenchmarkRefuse(b *testing.B) {
	ctx := cancellable(b)
	refused := func(name string, do func() error) {
		alone(b, name, func() (int, error) {
			if do() == nil {
				return 0, errors.New("not refused")
			}
			return 0, nil
		})
	}
	slots := semaphore.NewWeighted(1)
	slots.TryAcquire(1)
	refused("floor=semaphore", func() error {
		if !slots.TryAcquire(1) {
			return errFull
		}
		return nil
	})
	r, h := router(b, func(c *helix.Config) { c.BackpressureBusyThreshold = 7 })
	if err := r.InjectPressure(1, "bench", time.Hour); err != nil {
		b.Fatal(err)
	}
	refused("helix", func() error {
		_, err := h.Do(ctx, 3, heavy)
		return err
	})
	pool, err := ants.NewPool(1, ants.WithNonblocking(true))
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Release()
	release := make(chan struct{})
	defer close(release)
	if err := pool.Submit(func() { <-release }); err != nil {
		b.Fatal(err)
	}
	refused("ants", func() error { return pool.Submit(func() {}) })
	limiter := adaptivelimiter.NewBuilder[int]().WithLimits(1, 1, 1).Build()
	limiter.TryAcquirePermit()
	refused("failsafe-limiter", func() error {
		if _, ok := limiter.TryAcquirePermit(); !ok {
			return errFull
		}
		return nil
	})
}
