package helix

import (
	"encoding/json"
	"iter"
	"time"

	"github.com/helixrouter/helix/internal/stats"
)

// Histogram is a distribution of durations in Prometheus native buckets of
// schema 4: 16 per power of two, from 59.6 ns to 256 s, so that a quantile is at
// most 2.2 % off. The zero value is empty. It is a copy that nobody writes: safe
// to keep and to share.
type Histogram struct {
	h *stats.Histogram // nil when empty
}

// Bucket is one bucket of a Histogram that is not empty.
type Bucket struct {
	Index int     // Prometheus bucket index: the bucket ends at 2^(Index/16) seconds
	Upper float64 // seconds, inclusive
	Count uint64
}

// The native histogram's shape, for exporters.
const (
	HistogramSchema        = stats.Schema
	HistogramZeroThreshold = stats.ZeroThreshold // seconds
)

func (h Histogram) get() *stats.Histogram {
	if h.h == nil {
		return new(stats.Histogram)
	}
	return h.h
}

// Count returns the number of observations.
func (h Histogram) Count() uint64 { return h.get().Count() }

// Sum returns the sum of the observations in seconds.
func (h Histogram) Sum() float64 { return h.get().Sum() }

// Mean returns the arithmetic mean; 0 when empty.
func (h Histogram) Mean() time.Duration { return h.get().Mean() }

// Min returns the shortest observation, exactly; 0 when empty.
func (h Histogram) Min() time.Duration { return h.get().Min() }

// Max returns the longest observation, exactly; 0 when empty.
func (h Histogram) Max() time.Duration { return h.get().Max() }

// Quantile returns the q-quantile, q in 0..1, by nearest rank; 0 when empty.
func (h Histogram) Quantile(q float64) time.Duration { return h.get().Quantile(q) }

// CountAtMost returns how many observations lie in buckets up to the one of d.
func (h Histogram) CountAtMost(d time.Duration) uint64 { return h.get().CountAtMost(d) }

// Since returns what was observed after earlier, a copy of the same histogram. Its
// Min and Max stay those of the whole.
func (h Histogram) Since(earlier Histogram) Histogram {
	window := *h.get()
	window.Sub(earlier.h)
	return Histogram{&window}
}

// Plus returns the observations of both.
func (h Histogram) Plus(other Histogram) Histogram {
	both := *h.get()
	both.Merge(other.h)
	return Histogram{&both}
}

// ZeroCount returns how many observations were at most HistogramZeroThreshold.
func (h Histogram) ZeroCount() uint64 { return h.get().ZeroCount() }

// Overflow returns how many observations were above the last bucket.
func (h Histogram) Overflow() uint64 { return h.get().Overflow() }

// Buckets iterates over the buckets that are not empty, shortest first, without
// the zero and overflow ones.
func (h Histogram) Buckets() iter.Seq[Bucket] {
	return func(yield func(Bucket) bool) {
		h.get().Buckets(func(index int, upper float64, count uint64) bool {
			return yield(Bucket{Index: index, Upper: upper, Count: count})
		})
	}
}

// MarshalJSON writes the summary {count, sum_seconds, min_seconds, max_seconds,
// p50_seconds, p95_seconds, p99_seconds}; the buckets are for exporters.
func (h Histogram) MarshalJSON() ([]byte, error) {
	s := h.get()
	return json.Marshal(struct {
		Count uint64  `json:"count"`
		Sum   float64 `json:"sum_seconds"`
		Min   float64 `json:"min_seconds"`
		Max   float64 `json:"max_seconds"`
		P50   float64 `json:"p50_seconds"`
		P95   float64 `json:"p95_seconds"`
		P99   float64 `json:"p99_seconds"`
	}{
		s.Count(), s.Sum(), s.Min().Seconds(), s.Max().Seconds(),
		s.Quantile(0.50).Seconds(), s.Quantile(0.95).Seconds(), s.Quantile(0.99).Seconds(),
	})
}
