package micro

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

// job is the work: as little as a result allows.
//
//go:noinline
func job(_ context.Context, x int) (int, error) { return x * x, nil }

// kept and epoch keep the compiler from removing what is measured.
var (
	kept  int
	epoch = time.Now()
)

// width is the bound of every pool.
const width = 8

// heavy, moderate and cheap are costs in each third of the threshold table.
const (
	cheap    = helix.Cost(1)
	moderate = helix.Cost(20_000)
	heavy    = helix.Cost(100_000)
)

func router(b *testing.B, change func(*helix.Config)) (*helix.Router, *helix.Handle[int, int]) {
	b.Helper()
	c := helix.DefaultConfig()
	c.Policy = helix.PolicyThreshold      // whose arm the cost chooses; the adaptive one would soon run such work inline
	c.BackpressureBusyThreshold = 1 << 19 // nothing else here refuses because others run
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
	h, err := helix.Register(r, helix.Kind[int, int]{Name: "square", Run: job, Batch: jobs})
	if err != nil {
		b.Fatal(err)
	}
	return r, h
}

func jobs(ctx context.Context, in []int) ([]helix.Result[int], error) {
	out := make([]helix.Result[int], len(in))
	for i, x := range in {
		out[i].Value, out[i].Err = job(ctx, x)
	}
	return out, nil
}

// cancellable is the context of a server's request: it can end.
func cancellable(b *testing.B) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	return ctx
}

// alone measures one caller after the other.
func alone(b *testing.B, name string, do func() (int, error)) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			v, err := do()
			if err != nil {
				b.Fatal(err)
			}
			kept += v
		}
	})
}

// callers is how many call at a time in crowd: as many as a busy server has requests.
const callers = 100

// crowd measures many callers at once.
func crowd(b *testing.B, name string, do func() (int, error)) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism((callers + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
		b.RunParallel(func(pb *testing.PB) {
			n := 0
			for pb.Next() {
				v, err := do()
				if err != nil {
					b.Error(err)
					return
				}
				n += v
			}
		})
	})
}
