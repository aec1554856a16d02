package micro

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/helixrouter/helix"
)

// turns are the steps of the loop that stands for 100 us of work, more or less.
const turns = 100_000

var sink atomic.Uint64

func turn(n int) {
	x := uint64(n) | 1
	for range n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	sink.Store(x)
}

// BenchmarkLearnedBatch is 64 callers of jobs of which eight together cost 40 % less than one by one, of jobs that cost the same,
// and of jobs that cannot be batched. All say that they scale.
func BenchmarkLearnedBatch(b *testing.B) {
	run := func(context.Context, int) (int, error) { turn(turns); return 1, nil }
	together := func(fixed, each int) func(context.Context, []int) ([]helix.Result[int], error) {
		return func(_ context.Context, in []int) ([]helix.Result[int], error) {
			turn(fixed + each*len(in))
			return make([]helix.Result[int], len(in)), nil
		}
	}
	for _, c := range []struct {
		name  string
		batch func(context.Context, []int) ([]helix.Result[int], error)
	}{
		{"saves", together(turns*457/1000, turns*543/1000)},
		{"saves-nothing", together(0, turns)},
		{"single", nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			r, err := helix.New(helix.DefaultConfig())
			if err != nil {
				b.Fatal(err)
			}
			defer r.Close(context.Background())
			h, err := helix.Register(r, helix.Kind[int, int]{
				Name: c.name, Run: run, Batch: c.batch, Units: func(int) uint64 { return turns },
			})
			if err != nil {
				b.Fatal(err)
			}
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := h.Do(context.Background(), 1, helix.Scaling(0.9)); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
