package stream

import (
	"math"

	"github.com/helixrouter/helix"
)

// Filter says which decisions a reader wants. The zero Filter wants all.
type Filter struct {
	Kinds      map[string]bool         // nil = all
	Strategies map[helix.Strategy]bool // nil = all
	// Sample is the share that is sent, in (0,1); 0 = all. Which ones depends on their
	// numbers alone, so that a reader that comes back gets the same.
	Sample float64
}

func (f *Filter) all() bool { return f.Kinds == nil && f.Strategies == nil && f.Sample == 0 }

func (f *Filter) wants(e *event) bool {
	return (f.Kinds == nil || f.Kinds[e.kind]) && (f.Strategies == nil || f.Strategies[e.strategy]) &&
		(f.Sample == 0 || float64(scattered(e.seq)) < f.Sample*math.MaxUint64)
}

// scattered spreads numbers evenly (the finish of splitmix64): a job in seven of some
// kind must not hide in a sample of every seventh number.
func scattered(seq uint64) uint64 {
	seq = (seq ^ seq>>30) * 0xbf58476d1ce4e5b9
	seq = (seq ^ seq>>27) * 0x94d049bb133111eb
	return seq ^ seq>>31
}
