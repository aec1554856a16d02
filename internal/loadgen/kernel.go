package loadgen

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// quantum is the work between two looks at the context and at the other
// goroutines. Loops that never yield keep arrivals waiting for a whole scheduler
// slice, 10 ms; at 100 us a yield costs 0.3 % of the work.
const quantum = 100 * time.Microsecond

// Kernel turns core time into real work: a loop of known speed.
type Kernel struct {
	perMicrosecond float64 // iterations, with all cores at work
}

// calibrationRounds of calibrationStretch each, some 60 ms in all: long enough for a
// clock that starts low to come up. A round is shorter than the time for which a host
// takes a core away at once, so that many pass undisturbed even on a busy one.
const (
	calibrationRounds  = 200
	calibrationStretch = 100_000 // iterations, some 0.3 ms
)

// Calibrate measures the loop's speed with as many threads at work as there are
// cores, for a core may be half of a core to its neighbour. It takes the fastest
// tenth of the rounds: other programs can only make the loop look slower, and a
// kernel that took their time for its own would offer less load than it says.
func Calibrate(cores int) *Kernel {
	restore := runtime.GOMAXPROCS(cores)
	defer runtime.GOMAXPROCS(restore)
	speeds := make([][]float64, cores)
	var workers sync.WaitGroup
	for i := range speeds {
		workers.Go(func() { speeds[i] = rounds() })
	}
	workers.Wait()
	all := slices.Sorted(slices.Values(slices.Concat(speeds...)))
	return &Kernel{perMicrosecond: all[len(all)*9/10]}
}

func rounds() []float64 {
	speeds := make([]float64, calibrationRounds)
	for i := range speeds {
		start := time.Now()
		spin(calibrationStretch)
		speeds[i] = calibrationStretch / float64(time.Since(start).Nanoseconds()) * 1e3
	}
	return speeds
}

// PerMicrosecond is the number of iterations that are one microsecond of core time.
func (k *Kernel) PerMicrosecond() float64 { return k.perMicrosecond }

// Run implements Work.
func (k *Kernel) Run(ctx context.Context, d time.Duration, spent func(time.Duration)) error {
	for left := d; left > 0; left -= quantum {
		if err := ctx.Err(); err != nil {
			return err
		}
		piece := min(left, quantum)
		spin(int(float64(piece.Nanoseconds()) / 1e3 * k.perMicrosecond))
		spent(piece)
		if left > quantum {
			runtime.Gosched()
		}
	}
	return nil
}

// kept takes the results of spin, so that the compiler cannot drop the loop.
var kept atomic.Uint64

// spin takes n steps, each of which needs the result of the one before. Such a
// chain leaves most of a core's units idle, so that two hardware threads of one core
// hardly slow each other down, and it touches no memory that others could evict.
func spin(n int) {
	x := uint64(n) | 1
	for range n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	if x == 0 { // never, but the compiler does not know
		kept.Add(1)
	}
}
