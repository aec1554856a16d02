package micro

import (
	"context"
	"testing"

	"github.com/Jeffail/tunny"
	"github.com/alitto/pond/v2"
	"github.com/gammazero/workerpool"
	"github.com/panjf2000/ants/v2"
	"github.com/sourcegraph/conc/pool"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

// BenchmarkPool runs the job under a bound of 8 at a time and waits for it, one
// caller alone.
func BenchmarkPool(b *testing.B) { pools(b, alone) }

// BenchmarkPoolOfMany is the same with 100 callers at a time.
func BenchmarkPoolOfMany(b *testing.B) { pools(b, crowd) }

func pools(b *testing.B, measure func(*testing.B, string, func() (int, error))) {
	ctx := cancellable(b)
	measure(b, "floor=go+channel", func() (int, error) { return goChannel(ctx) }) // without a bound
	_, h := router(b, nil)
	measure(b, "helix", func() (int, error) { return h.Do(ctx, 3, heavy) })
	measure(b, "helix-callerRuns", func() (int, error) { return h.Do(context.Background(), 3, heavy) })
	slots := semaphore.NewWeighted(width)
	measure(b, "semaphore+go+channel", func() (int, error) {
		if err := slots.Acquire(ctx, 1); err != nil {
			return 0, err
		}
		defer slots.Release(1)
		return goChannel(ctx)
	})
	measureAnts(b, measure)
	measurePond(b, measure)
	workers := workerpool.New(width)
	defer workers.StopWait()
	measure(b, "workerpool", func() (v int, err error) {
		wait := workers.DoWait(func() { v, err = job(ctx, 3) })
		if wait != nil {
			return 0, wait
		}
		return v, err
	})
	callbacks := tunny.NewFunc(width, func(x any) any {
		v, err := job(ctx, x.(int))
		return result{v, err}
	})
	defer callbacks.Close()
	measure(b, "tunny", func() (int, error) {
		r := callbacks.Process(3).(result)
		return r.v, r.err
	})
}

func measureAnts(b *testing.B, measure func(*testing.B, string, func() (int, error))) {
	workers, err := ants.NewPool(width)
	if err != nil {
		b.Fatal(err)
	}
	defer workers.Release()
	ctx := cancellable(b)
	measure(b, "ants", func() (int, error) {
		done := make(chan result, 1)
		if err := workers.Submit(func() {
			v, err := job(ctx, 3)
			done <- result{v, err}
		}); err != nil {
			return 0, err
		}
		r := <-done
		return r.v, r.err
	})
}

func measurePond(b *testing.B, measure func(*testing.B, string, func() (int, error))) {
	workers := pond.NewResultPool[int](width)
	defer workers.StopAndWait()
	ctx := cancellable(b)
	measure(b, "pond", func() (int, error) {
		return workers.SubmitErr(func() (int, error) { return job(ctx, 3) }).Wait()
	})
}

// BenchmarkGroup runs 100 jobs under a bound of 8 at a time, per group: what errgroup and
// conc are made for.
func BenchmarkGroup(b *testing.B) {
	ctx := cancellable(b)
	_, h := router(b, nil)
	alone(b, "floor=go+channel", func() (n int, _ error) {
		done := make(chan result, callers)
		for range callers {
			go func() {
				v, err := job(ctx, 3)
				done <- result{v, err}
			}()
		}
		for range callers {
			n += (<-done).v
		}
		return n, nil
	})
	alone(b, "helix-futures", func() (n int, _ error) {
		var futures [callers]interface {
			Wait(context.Context) (int, error)
		}
		for i := range futures {
			futures[i] = h.Go(ctx, 3, heavy)
		}
		for _, f := range futures {
			v, err := f.Wait(ctx)
			if err != nil {
				return 0, err
			}
			n += v
		}
		return n, nil
	})
	alone(b, "errgroup", func() (int, error) {
		var g errgroup.Group
		g.SetLimit(width)
		var out [callers]int
		for i := range out {
			g.Go(func() (err error) {
				out[i], err = job(ctx, 3)
				return err
			})
		}
		err := g.Wait()
		return out[0], err
	})
	alone(b, "conc", func() (int, error) {
		g := pool.New().WithMaxGoroutines(width).WithErrors()
		var out [callers]int
		for i := range out {
			g.Go(func() (err error) {
				out[i], err = job(ctx, 3)
				return err
			})
		}
		err := g.Wait()
		return out[0], err
	})
}
