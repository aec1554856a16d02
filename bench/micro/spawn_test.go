package micro

import (
	"context"
	"testing"

	"github.com/sourcegraph/conc"
	"golang.org/x/sync/errgroup"

	"github.com/helixrouter/helix"
)

type result struct {
	v   int
	err error
}

func goChannel(ctx context.Context) (int, error) {
	done := make(chan result, 1)
	go func() {
		v, err := job(ctx, 3)
		done <- result{v, err}
	}()
	r := <-done
	return r.v, r.err
}

// BenchmarkSpawn runs the job on a goroutine of its own and waits for it.
func BenchmarkSpawn(b *testing.B) {
	ctx := cancellable(b)
	alone(b, "floor=go+channel", func() (int, error) { return goChannel(ctx) })
	r, h := router(b, nil)
	alone(b, "helix-handle", func() (int, error) { return h.Do(ctx, 3, moderate) })
	run := func(ctx context.Context) (int, error) { return job(ctx, 3) }
	alone(b, "helix-do", func() (int, error) {
		return helix.Do(ctx, r, helix.Hint{Kind: "square", Cost: uint64(moderate)}, run)
	})
	alone(b, "errgroup", func() (v int, _ error) {
		var g errgroup.Group
		g.Go(func() (err error) {
			v, err = job(ctx, 3)
			return err
		})
		return v, g.Wait()
	})
	alone(b, "conc-waitgroup", func() (v int, err error) {
		var g conc.WaitGroup
		g.Go(func() { v, err = job(ctx, 3) })
		g.Wait()
		return v, err
	})
}
