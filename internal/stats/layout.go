package stats

import (
	"math"
	"time"
)

// The layout is exactly that of a Prometheus native histogram of schema 4 in
// seconds, so that exporters copy counts and never re-bucket.
const (
	// Schema is the Prometheus schema: 2^4 = 16 buckets per power of two, each
	// 4.4 % wide. Its midpoint is then at most 2.2 % off. Schema 3 would be 4.3 %
	// off; schema 5 would double the memory for digits that timer noise hides.
	Schema = 4

	// ZeroThreshold is the upper bound of the zero bucket in seconds, 2^-24 s =
	// 59.6 ns: about the cost of reading the clock twice, below which a measured
	// duration says nothing.
	ZeroThreshold = 1.0 / (1 << 24)

	perOctave = 1 << Schema

	// octaves reaches from 2^-24 s to 2^8 s = 256 s: the first whole octave end
	// above 137.4 s (2^37 ns). A job that takes longer is counted, not resolved.
	octaves = 32

	positives = octaves * perOctave
	slots     = positives + 2 // one below for zero, one above for the overflow

	zeroSlot     = 0
	overflowSlot = slots - 1

	// slotOffset turns a slot into a Prometheus bucket index: slot 1 is the bucket
	// above 2^-24 s = 2^(-384/16) s, index -383.
	slotOffset = 24 * perOctave

	// firstNanos is the shortest whole duration above ZeroThreshold (59.6 ns).
	firstNanos = 60

	// firstExponent is the biased float64 exponent of ZeroThreshold.
	firstExponent = 1023 - 24

	mantissaBits = 52
	mantissaMask = 1<<mantissaBits - 1
)

// bounds holds 2^(j/16), the upper ends of the buckets inside one octave.
var bounds = [perOctave]float64{
	1, 1.0442737824274138, 1.0905077326652577, 1.1387886347566916,
	1.189207115002721, 1.241857812073484, 1.2968395546510096, 1.3542555469368927,
	1.4142135623730951, 1.4768261459394993, 1.5422108254079407, 1.6104903319492543,
	1.681792830507429, 1.7562521603732995, 1.8340080864093424, 1.9152065613971474,
}

// thresholds holds the mantissa bits of bounds. Two entries that no mantissa
// reaches follow, so that slotOf may look two ahead without a branch.
var thresholds = func() (t [perOctave + 2]uint64) {
	for j := range t {
		t[j] = mantissaMask + 1
	}
	for j, b := range bounds {
		t[j] = math.Float64bits(b) & mantissaMask
	}
	return t
}()

// slotOf returns the slot of d, which is not negative.
//
// A bucket includes its upper end. One is therefore taken off the bits, which
// moves each end to the largest value of the bucket below and leaves half-open
// ranges. The top four mantissa bits then guess the bucket as if the scale were
// linear: 16*log2(1+x) lies 0 to 1.38 above 16*x, so the guess is at most two
// short, and two comparisons settle it without a logarithm.
//
// Multiplying by 1e-9 is cheaper than dividing by 1e9 and lands in the same
// bucket for every bound; the tests try both sides of each one.
func slotOf(d time.Duration) uint64 {
	if d < firstNanos {
		return zeroSlot
	}
	b := math.Float64bits(float64(d)*1e-9) - 1
	mantissa := b & mantissaMask
	guess := mantissa >> (mantissaBits - Schema)
	short := below(mantissa, thresholds[guess+1]) + below(mantissa, thresholds[guess+2])
	slot := (b>>mantissaBits-firstExponent)*perOctave + guess + 3 - short
	return min(slot, overflowSlot)
}

// below returns 1 if mantissa < threshold, else 0: the borrow of their difference.
// A branch here would be mispredicted about every second time.
func below(mantissa, threshold uint64) uint64 { return (mantissa - threshold) >> 63 }

// upperOf returns the upper end in seconds of a positive slot.
func upperOf(slot int) float64 {
	index := slot - slotOffset
	return math.Ldexp(bounds[index&(perOctave-1)], index>>Schema)
}

// midOf returns the point of a positive slot whose largest relative distance to
// any value in it is smallest: 2ab/(a+b) for the bucket (a, b], which is
// (b-a)/(a+b) = 2.17 % from both ends.
func midOf(slot int) time.Duration {
	seconds := upperOf(slot) * 2 / (1 + bounds[1])
	return time.Duration(math.Round(seconds * 1e9))
}
