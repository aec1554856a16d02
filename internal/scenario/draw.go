package scenario

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/helixrouter/helix/internal/stats"
)

// source draws random numbers that are the same on every platform.
type source struct{ pcg *rand.PCG }

func newSource(seed, stream uint64) source { return source{rand.NewPCG(seed, stream)} }

// fraction is uniform in [0,1), with all 53 bits that a float64 there can have.
func (s source) fraction() float64 { return float64(s.pcg.Uint64()>>11) * 0x1p-53 }

// open is uniform in (0,1].
func (s source) open() float64 { return float64(s.pcg.Uint64()>>11+1) * 0x1p-53 }

// below is uniform in 0..n-1. The bias of a plain multiplication is n/2^64, far
// below what any run could show.
func (s source) below(n uint64) uint64 {
	high, _ := bits.Mul64(s.pcg.Uint64(), n)
	return high
}

// between is uniform in [low, high).
func (s source) between(low, high float64) float64 {
	return low + float64(s.fraction()*(high-low))
}

// exponential has mean 1.
func (s source) exponential() float64 { return -ln(s.open()) }

// ln is the natural logarithm of a normal x > 0, to a few units in the last place.
// x is 2^e * m with m in [1/sqrt 2, sqrt 2), and ln m = 2 atanh f with
// f = (m-1)/(m+1). |f| < 0.1716, so that the series has an error below
// f^21/21 < 1e-17 when it ends at f^19.
func ln(x float64) float64 {
	e, f := stats.Reduce(x)
	square := f * f
	sum := 1.0 / 19
	for _, c := range [...]float64{1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1} {
		sum = float64(sum*square) + c
	}
	return float64(float64(e)*math.Ln2) + float64(2*float64(f*sum))
}

// cubeRoot is the cube root of a normal x > 0. Its first guess, a third of the
// bit pattern, is within 4 %; each step of Newton squares that error: 1.6e-3,
// 3e-6, 1e-11, and the last one leaves rounding.
func cubeRoot(x float64) float64 {
	const offset = 0x2A9F7893782DA1CE // two thirds of the exponent's bias, and a bit that evens the error out
	y := math.Float64frombits(math.Float64bits(x)/3 + offset)
	for range 4 {
		y = float64(float64(2*y)+float64(x/float64(y*y))) / 3
	}
	return y
}
