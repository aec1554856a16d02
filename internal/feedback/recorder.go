// Package feedback owns everything that the router has measured: it is the only
// writer of the ledger, the latency histograms and the averages. Outcomes come in
// from every goroutine that ends a job; totals go out to whoever asks. It must
// never decide anything, know a kind by more than its number, or call back.
//
// # Shards
//
// Every job writes here, so the state is split into shards, each on its own cache
// lines with its own mutex. A goroutine finds its shard by the address of
// its stack: the same goroutine nearly always meets the same shard, two
// goroutines rarely meet the same one, and finding it costs a nanosecond.
// Their mutexes are leaves; folded.mu comes before them.
package feedback

import (
	"math"
	"math/bits"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/helixrouter/helix/route"
)

// Recorder counts and measures outcomes. It is safe for concurrent use.
type Recorder struct {
	shards []shard
	shift  uint          // 64 - log2(len(shards))
	alpha  atomic.Uint64 // float64 bits: weight of the newest sample in the averages
	folded folded
}

// shardsPerP is how many shards there are for each P. Two goroutines share one
// with a chance of 1 in shardsPerP*GOMAXPROCS, and lose some 20 ns then. More
// shards would spend memory on it: each keeps up to 12 KB for a kind and a strategy.
const shardsPerP = 8

// maxShards bounds the memory on large machines: 64 shards keep 768 KB for a kind
// on one strategy. A goroutine on one of 64 Ps still meets an idle shard mostly.
const maxShards = 64

// NewRecorder returns an empty recorder whose averages give the newest sample the weight alpha.
func NewRecorder(alpha float64) *Recorder {
	logShards := bits.Len(uint(min(shardsPerP*runtime.GOMAXPROCS(0), maxShards)) - 1)
	r := &Recorder{shards: make([]shard, 1<<logShards), shift: uint(64 - logShards)}
	r.SetAlpha(alpha)
	return r
}

// SetAlpha changes the weight of the newest sample in the averages, in (0,1].
func (r *Recorder) SetAlpha(alpha float64) { r.alpha.Store(math.Float64bits(alpha)) }

// Begin counts a job that was routed to s. Each Begin is followed by one Record.
func (r *Recorder) Begin(s route.Strategy) { r.here().begun[s].Add(1) }

// Reroute moves a job that was counted by Begin from one strategy to another.
func (r *Recorder) Reroute(from, to route.Strategy) {
	s := r.here()
	s.begun[to].Add(1)
	s.begun[from].Add(^uint64(0)) // may wrap in this shard; the sum over the shards does not
}

// Record counts the end of a job and, if it ran to its end, its times.
func (r *Recorder) Record(o *route.Outcome) {
	s := r.here()
	s.mu.Lock()
	s.recordLocked(o, math.Float64frombits(r.alpha.Load()))
	s.mu.Unlock()
}

// Batch counts a batch of n jobs.
func (r *Recorder) Batch(n int) {
	s := r.here()
	s.mu.Lock()
	s.batches[bits.Len(uint(max(n, 1)-1))]++
	s.batched += uint64(n)
	s.mu.Unlock()
}

// Decision counts a sampled decision that took d.
func (r *Recorder) Decision(d time.Duration) {
	s := r.here()
	s.mu.Lock()
	s.decisions.Observe(d)
	s.mu.Unlock()
}

// stackGrain is the smallest stack of a goroutine: addresses that differ above
// its 11 bits belong to different goroutines or to distant frames of one.
const stackGrain = 11

// here returns the shard of the calling goroutine.
func (r *Recorder) here() *shard {
	var local byte
	page := uint64(uintptr(unsafe.Pointer(&local)) >> stackGrain)
	return &r.shards[page*0x9e3779b97f4a7c15>>r.shift] // Fibonacci hashing spreads neighbouring stacks
}
