package stats

import (
	"math"
	"time"
)

// Quantile returns the nearest-rank quantile: the smallest observation that at
// least the share q of all do not exceed. The answer is a point inside that
// observation's bucket, at most 2.2 % (and half a nanosecond) off and within Min
// and Max. It is 0 when empty.
//
// Below 59.6 ns only the absolute error is small; beyond 256 s the answer is Max.
// A q at or below 0 (or NaN) asks for the first observation, one at or above 1
// for the last.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.count == 0 {
		return 0
	}
	slot := h.slotAtRank(rank(h.count, q))
	switch slot {
	case zeroSlot:
		return min(max(firstNanos/2, h.min), h.max) // the middle of what the bucket can hold
	case overflowSlot:
		return h.max
	}
	return min(max(midOf(slot), h.min), h.max)
}

// CountAtMost returns how many observations are at most d, to the resolution of
// a bucket: the whole bucket that d lies in is counted. The answer is therefore
// never below the true count for d and never above that for 1.0443*d (or for
// 59.6 ns). It is exact below Min, from Max on, and for a d that ends a bucket.
func (h *Histogram) CountAtMost(d time.Duration) uint64 {
	if h.count == 0 || d < h.min {
		return 0
	}
	if d >= h.max {
		return h.count
	}
	// The overflow bucket has no upper end. Short of Max, what it holds is beyond d.
	last := min(slotOf(d), overflowSlot-1)
	var n uint64
	for _, c := range h.counts[:last+1] {
		n += c
	}
	return n
}

// ZeroCount returns the observations at or below ZeroThreshold.
func (h *Histogram) ZeroCount() uint64 { return h.counts[zeroSlot] }

// Overflow returns the observations above the last bucket, longer than 256 s.
// In the Prometheus format they are in Count but in no bucket below +Inf.
func (h *Histogram) Overflow() uint64 { return h.counts[overflowSlot] }

// Buckets yields the buckets that are neither empty nor zero nor overflow, in
// rising order, until yield returns false: the Prometheus index i, the upper end
// 2^(i/16) in seconds (included in the bucket) and the count of this bucket
// alone.
func (h *Histogram) Buckets(yield func(index int, upperSeconds float64, count uint64) bool) {
	for slot := zeroSlot + 1; slot < overflowSlot; slot++ {
		n := h.counts[slot]
		if n > 0 && !yield(slot-slotOffset, upperOf(slot), n) {
			return
		}
	}
}

// NearestRank returns the element of sorted at index ceil(n*q)-1: of 1..20 the
// 0.5, 0.95 and 0.99 quantiles are 10, 19 and 20. It is the zero T when sorted is
// empty. See Histogram.Quantile for q outside 0..1.
func NearestRank[T any](sorted []T, q float64) T {
	if len(sorted) == 0 {
		var zero T
		return zero
	}
	return sorted[rank(uint64(len(sorted)), q)-1]
}

// rank returns ceil(n*q) within 1..n, for n > 0.
func rank(n uint64, q float64) uint64 {
	// A decimal q such as 0.07 is half a unit in the last place off, and the
	// product adds as much again: together at most 2^-52 of the product. A product
	// within four times that of a whole number is that number: 100*0.07 is 7, not 8.
	const slack = 1.0 / (1 << 50)
	exact := float64(n) * q
	if !(exact > 1) { // also NaN
		return 1
	}
	if exact >= float64(n) {
		return n
	}
	if whole := math.Round(exact); math.Abs(exact-whole) <= whole*slack {
		exact = whole
	}
	return min(uint64(math.Ceil(exact)), n)
}

// slotAtRank returns the slot of the r-th smallest observation, 1 <= r <= count.
func (h *Histogram) slotAtRank(r uint64) int {
	var below uint64
	for slot, n := range &h.counts {
		below += n
		if below >= r {
			return slot
		}
	}
	return overflowSlot
}
