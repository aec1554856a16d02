package fleetsim

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/helixrouter/helix/internal/stats"
)

// The streams of one seed: what draws from one does not move the others.
const (
	jobStream = iota
	nodeStream
	choiceStream
)

// source draws random numbers that are the same on every platform: products are kept from being
// fused with sums, and logarithms are those of internal/stats.
type source struct{ pcg *rand.PCG }

func newSource(seed, stream uint64) source { return source{rand.NewPCG(seed, stream)} }

func (s source) below(n int) int {
	high, _ := bits.Mul64(s.pcg.Uint64(), uint64(n))
	return int(high)
}

// fraction is uniform in (0,1].
func (s source) fraction() float64 { return float64(s.pcg.Uint64()>>11+1) * 0x1p-53 }

func (s source) between(low, high float64) float64 { return low + float64(s.fraction()*(high-low)) }

// exponential has mean 1.
func (s source) exponential() float64 { return -stats.Log2(s.fraction()) * math.Ln2 }

// normal has mean 0 and variance 1, by Marsaglia's polar method.
func (s source) normal() float64 {
	for {
		u, v := s.between(-1, 1), s.between(-1, 1)
		if r := float64(u*u) + float64(v*v); r > 0 && r < 1 {
			return u * math.Sqrt(-2*math.Ln2*stats.Log2(r)/r)
		}
	}
}

// lognormal has a median of 1 and the standard deviation sigma in its natural logarithm.
func (s source) lognormal(sigma float64) float64 { return stats.Exp2(s.normal() * sigma / math.Ln2) }
