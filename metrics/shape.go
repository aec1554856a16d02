package metrics

import (
	"iter"
	"math"
	"math/bits"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helixrouter/helix"
)

// shape is how a distribution is cut into buckets, classic and native.
type shape struct {
	schema        int32     // native: 2^schema buckets per power of two
	zeroThreshold float64   // native: upper end of the zero bucket
	bounds        []float64 // classic: upper ends, rising, above zeroThreshold
	last          []int     // by bound: index of the native bucket that holds it
}

func newShape(schema int32, zeroThreshold float64, bounds ...float64) *shape {
	s := &shape{schema: schema, zeroThreshold: zeroThreshold, bounds: bounds}
	for _, b := range bounds {
		s.last = append(s.last, int(math.Ceil(math.Ldexp(math.Log2(b), int(schema)))))
	}
	return s
}

var (
	// jobShape has round classic bounds, since people write alerts on "le=0.1" and
	// not on "le=0.1083". A bound inside a native bucket takes all of that bucket, so
	// that it may count what is up to 4.4 % longer. Decades are enough up to 100 us,
	// where jobs are inline and nobody's objective lies; from 1 ms to 10 s, where
	// objectives are set, the steps are 1, 2.5, 5. The end is the 60 s after which
	// most callers have left. 17 bounds cost 19 series for each kind and strategy.
	jobShape = newShape(helix.HistogramSchema, helix.HistogramZeroThreshold,
		1e-6, 1e-5, 1e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)

	// decisionShape looks closer where decisions are, about 100 ns, and ends at 1 ms:
	// what takes longer was preempted.
	decisionShape = newShape(helix.HistogramSchema, helix.HistogramZeroThreshold,
		1e-7, 2.5e-7, 5e-7, 1e-6, 2.5e-6, 5e-6, 1e-5, 1e-4, 1e-3)

	// batchShape has the powers of two that the router counts in, up to its largest
	// batch: schema 0 cuts there too, so that both kinds of bucket are exact.
	batchShape = newShape(0, prometheus.DefNativeHistogramZeroThreshold,
		1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
)

// overflowIndex is the native bucket above 256 s, where helix.Histogram stops to
// resolve. A native histogram must hold its whole count in buckets, so what is
// longer goes in here: its quantiles then say "some 260 s", as those of the classic
// buckets would say 60 s.
const overflowIndex = 8<<helix.HistogramSchema + 1

// durations makes a metric of a distribution of durations.
func (s *shape) durations(f *prometheus.Desc, h helix.Histogram, labels ...string) *histogram {
	return s.metric(f, h.Count(), h.ZeroCount(), h.Sum(), timeBuckets(h), labels...)
}

// timeBuckets yields the indices and counts of all but the zero bucket, rising.
func timeBuckets(h helix.Histogram) iter.Seq2[int, uint64] {
	return func(yield func(int, uint64) bool) {
		for b := range h.Buckets() {
			if !yield(b.Index, b.Count) {
				return
			}
		}
		if n := h.Overflow(); n > 0 {
			yield(overflowIndex, n)
		}
	}
}

// batchSizes makes the metric of the batches.
func batchSizes(b *helix.BatchStats) prometheus.Metric {
	return batchShape.metric(batchSize, b.Count, 0, float64(b.Jobs), func(yield func(int, uint64) bool) {
		for _, size := range b.Sizes {
			if size.Count > 0 && !yield(bits.Len(uint(size.UpTo))-1, size.Count) {
				return
			}
		}
	})
}
