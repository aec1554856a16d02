package stats

import (
	"math/bits"
	"time"
)

// Histogram counts durations in buckets of equal ratio. The zero value is empty
// and ready. It is a plain value of about 4 KB without pointers: assigning it
// takes a snapshot. Not safe for concurrent use.
type Histogram struct {
	counts [slots]uint64
	count  uint64
	sumHi  uint64 // the sum in ns is sumHi*2^64 + sumLo; see Sum
	sumLo  uint64
	min    time.Duration // means nothing while count is 0
	max    time.Duration
}

// Observe counts d. A negative d counts as 0. It takes a few ns and allocates
// nothing.
func (h *Histogram) Observe(d time.Duration) {
	d = max(d, 0)
	if h.count == 0 || d < h.min {
		h.min = d
	}
	h.max = max(h.max, d)
	h.count++
	h.addSum(0, uint64(d))
	h.counts[slotOf(d)]++
}

// ObserveMany counts d n times, as n calls of Observe would.
func (h *Histogram) ObserveMany(d time.Duration, n uint64) {
	if n == 0 {
		return
	}
	h.Observe(d)
	h.count += n - 1
	h.counts[slotOf(max(d, 0))] += n - 1
	hi, lo := bits.Mul64(uint64(max(d, 0)), n-1)
	h.addSum(hi, lo)
}

// Merge adds everything that other has counted. The result equals, to the bit,
// that of one histogram which had observed both. Nil adds nothing.
func (h *Histogram) Merge(other *Histogram) {
	if other == nil || other.count == 0 {
		return
	}
	if h.count == 0 || other.min < h.min {
		h.min = other.min
	}
	h.max = max(h.max, other.max)
	h.count += other.count
	h.addSum(other.sumHi, other.sumLo)
	for i, n := range &other.counts {
		h.counts[i] += n
	}
}

// Sub takes earlier away: what remains is what h observed after the snapshot
// earlier was taken from it. That is how a window is read from a histogram that
// only grows.
//
// Min and Max stay those of the whole, since a bucket does not remember when its
// extremes came; they are cleared only when nothing remains. If earlier is no
// earlier state of h, counts stop at 0 rather than wrap.
func (h *Histogram) Sub(earlier *Histogram) {
	if earlier == nil {
		return
	}
	h.count = 0
	for i, n := range &earlier.counts {
		h.counts[i] -= min(n, h.counts[i])
		h.count += h.counts[i]
	}
	if h.count == 0 {
		*h = Histogram{}
		return
	}
	h.subSum(earlier.sumHi, earlier.sumLo)
}

// Count returns the number of observations, those in the zero and overflow
// buckets included.
func (h *Histogram) Count() uint64 { return h.count }

// Sum returns the sum of the observations in seconds. It is kept in 128 bits of
// nanoseconds, so that it neither overflows nor drifts and Sub is exact. A
// time.Duration would not do: with a thousand jobs in flight it is full after
// 107 days.
func (h *Histogram) Sum() float64 {
	const word = 1 << 64
	return (float64(h.sumHi)*word + float64(h.sumLo)) / 1e9
}

// Mean returns the arithmetic mean, rounded down to a nanosecond; 0 when empty.
func (h *Histogram) Mean() time.Duration {
	if h.count == 0 {
		return 0
	}
	if h.sumHi >= h.count { // only after Sub of a foreign histogram; Div64 would panic
		return h.max
	}
	mean, _ := bits.Div64(h.sumHi, h.sumLo, h.count)
	return time.Duration(min(mean, uint64(h.max)))
}

// Min returns the shortest observation, exactly; 0 when empty.
func (h *Histogram) Min() time.Duration {
	if h.count == 0 {
		return 0
	}
	return h.min
}

// Max returns the longest observation, exactly; 0 when empty.
func (h *Histogram) Max() time.Duration { return h.max }

func (h *Histogram) addSum(hi, lo uint64) {
	var carry uint64
	h.sumLo, carry = bits.Add64(h.sumLo, lo, 0)
	h.sumHi, _ = bits.Add64(h.sumHi, hi, carry)
}

// subSum stops at 0, which it reaches only for a foreign histogram.
func (h *Histogram) subSum(hi, lo uint64) {
	var borrow uint64
	h.sumLo, borrow = bits.Sub64(h.sumLo, lo, 0)
	h.sumHi, borrow = bits.Sub64(h.sumHi, hi, borrow)
	if borrow != 0 {
		h.sumHi, h.sumLo = 0, 0
	}
}
