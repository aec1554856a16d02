package helix_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

// The benchmarks of the paths that design targets name, each beside its floor in
// the same run: what the path would cost if the router cost nothing.

// byTable keeps the documented table, whose arm the cost chooses: the adaptive policy would
// soon run work that is proven to be this short inline.
func byTable(c *helix.Config) { c.Policy = helix.PolicyThreshold }

func newRouter(b testing.TB, change func(*helix.Config)) *helix.Router {
	b.Helper()
	c := helix.DefaultConfig()
	if change != nil {
		change(&c)
	}
	r, err := helix.New(c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return r
}

func square(_ context.Context, x int) (int, error) { return x * x, nil }

// sink and epoch keep the compiler from removing what is measured.
var (
	sink  int
	epoch = time.Now()
)

//go:noinline
func callSquare(ctx context.Context, x int) (int, error) { return square(ctx, x) }

func BenchmarkChooseStrategy(b *testing.B) {
	c := helix.DefaultConfig()
	for _, cost := range []uint64{1_000, 30_000, 100_000} {
		j := helix.Job{ComputeCost: cost, ScalingPotential: 0.5}
		b.Run("cost="+strconv.FormatUint(cost, 10), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink += int(helix.ChooseStrategy(c, j, 0))
			}
		})
	}
}

func register(b testing.TB, r *helix.Router) *helix.Handle[int, int] {
	b.Helper()
	h, err := helix.Register(r, helix.Kind[int, int]{
		Name: "square",
		Run:  square,
		Batch: func(_ context.Context, xs []int) ([]helix.Result[int], error) {
			out := make([]helix.Result[int], len(xs))
			for i, x := range xs {
				out[i].Value = x * x
			}
			return out, nil
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	return h
}

// BenchmarkInline is a submit of an empty job that runs on its caller, beside a
// call and two monotonic clock reads.
func BenchmarkInline(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.Run("floor=call+2clocks", func(b *testing.B) {
		for b.Loop() {
			start := time.Since(epoch)
			v, _ := callSquare(ctx, 3)
			sink += v + int(time.Since(epoch)-start)
		}
	})
	b.Run("handle", func(b *testing.B) {
		h := register(b, newRouter(b, nil))
		b.ReportAllocs()
		for b.Loop() {
			v, _ := h.Do(ctx, 3, helix.Cost(1))
			sink += v
		}
	})
	b.Run("do", func(b *testing.B) {
		r := newRouter(b, nil)
		run := func(ctx context.Context) (int, error) { return callSquare(ctx, 3) }
		b.ReportAllocs()
		for b.Loop() {
			v, _ := helix.Do(ctx, r, helix.Hint{Kind: "square", Cost: 1}, run)
			sink += v
		}
	})
	b.Run("handle/parallel", func(b *testing.B) {
		h := register(b, newRouter(b, nil))
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			n := 0
			for pb.Next() {
				v, _ := h.Do(ctx, 3, helix.Cost(1))
				n += v
			}
		})
	})
}

// BenchmarkShed is a refusal at the busy gate and at the full queue.
func BenchmarkShed(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := newRouter(b, nil)
	if err := r.InjectPressure(1, "bench", time.Hour); err != nil {
		b.Fatal(err)
	}
	h := register(b, r)
	b.ReportAllocs()
	for b.Loop() {
		_, err := h.Do(ctx, 3, helix.Cost(1))
		if err == nil {
			b.Fatal("not shed")
		}
	}
}

func goAndChannel(ctx context.Context, x int) int {
	done := make(chan int, 1)
	go func() {
		v, _ := callSquare(ctx, x)
		done <- v
	}()
	return <-done
}

// BenchmarkSpawn and BenchmarkPool wait for the result of an empty job, beside a
// bare goroutine with a channel.
func BenchmarkSpawn(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.Run("floor=go+channel", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink += goAndChannel(ctx, 3)
		}
	})
	b.Run("handle", func(b *testing.B) {
		h := register(b, newRouter(b, byTable))
		b.ReportAllocs()
		for b.Loop() {
			v, _ := h.Do(ctx, 3, helix.Cost(20_000))
			sink += v
		}
	})
}

func BenchmarkPool(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.Run("floor=call+2clocks", func(b *testing.B) {
		for b.Loop() {
			start := time.Since(epoch)
			v, _ := callSquare(ctx, 3)
			sink += v + int(time.Since(epoch)-start)
		}
	})
	b.Run("callerRuns", func(b *testing.B) {
		h := register(b, newRouter(b, byTable))
		b.ReportAllocs()
		for b.Loop() {
			v, _ := h.Do(context.Background(), 3, helix.Cost(100_000))
			sink += v
		}
	})
	b.Run("floor=go+channel", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink += goAndChannel(ctx, 3)
		}
	})
	b.Run("worker", func(b *testing.B) {
		h := register(b, newRouter(b, byTable))
		b.ReportAllocs()
		for b.Loop() {
			v, _ := h.Do(ctx, 3, helix.Cost(100_000))
			sink += v
		}
	})
}

// BenchmarkBatch is 100 submitters of one kind, beside the same through the pool
// singly and a bare goroutine each.
func BenchmarkBatch(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	const submitters = 100
	run := func(b *testing.B, do func()) {
		b.SetParallelism(submitters / 2)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				do()
			}
		})
	}
	b.Run("floor=go+channel", func(b *testing.B) { run(b, func() { goAndChannel(ctx, 3) }) })
	for _, size := range []int{8, 64} {
		b.Run("batch="+strconv.Itoa(size), func(b *testing.B) {
			r := newRouter(b, func(c *helix.Config) {
				byTable(c)
				c.BatchMaxSize = size
				c.BackpressureBusyThreshold = 1 << 20
			})
			h := register(b, r)
			run(b, func() {
				if _, err := h.Do(ctx, 3, helix.Cost(100_000), helix.Scaling(1)); err != nil {
					b.Error(err)
				}
			})
			s := r.Stats().Batches
			b.ReportMetric(float64(s.Jobs)/float64(s.Count), "jobs/batch")
		})
	}
}
