package workload

import "math/bits"

// The draws follow rand 0.8 to the bit; see the package comment for why.

// span is a range of whole numbers, both ends included.
type span struct {
	low, high uint64
}

// within draws a uniform number: the high half of a 128 bit product, where products
// whose low half would favour some numbers are drawn again.
func (c *chacha) within(s span) uint64 {
	size := s.high - s.low + 1
	zone := size<<bits.LeadingZeros64(size) - 1
	for {
		if high, low := bits.Mul64(c.uint64(), size); low <= zone {
			return s.low + high
		}
	}
}

// chance draws true with probability p. Certainty takes no draw, impossibility does.
func (c *chacha) chance(p float64) bool {
	if p == 1 {
		return true
	}
	return c.uint64() < uint64(p*0x1p64) // scaling by a power of two is exact
}

// fraction draws a uniform single-precision number from 0 to 1, both included: 23
// bits, stretched by the factor that makes the largest of them 1.
func (c *chacha) fraction() float32 {
	return float32(float32(c.uint32()>>9) * 0x1p-23 * (1 + 0x1p-23))
}
