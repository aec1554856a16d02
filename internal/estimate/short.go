package estimate

import (
	"math"

	"github.com/helixrouter/helix/internal/stats"
)

// Short tells by declared units alone which jobs of a kind are short. A law that grows
// with the units has one place where it reaches a bound: found once for each Curve, it
// spares every decision about a short job its logarithm. The zero Short knows no short job.
type Short struct {
	proven uint64 // jobs of fewer units are proven
	sure   uint64 // 99 of 100 jobs of fewer units keep the bound
	likely uint64 // the mean of jobs of fewer units keeps it
}

// Short returns which jobs keep a bound, given as log2 of ns.
func (c *Curve) Short(bound float64) (s Short) {
	if c.Spread == 0 {
		return s
	}
	law := Prediction{Log: c.level, Spread: c.Spread, Tail: c.tail}
	s.sure = c.below(bound - law.LogHigh())
	s.likely = c.below(bound - law.LogMean())
	switch {
	case c.Samples < provenFrom:
	case c.Slope < 0.5:
		s.proven = math.MaxUint64
	default:
		s.proven = after(c.proven + growth)
	}
	return s
}

// below returns the units from which on a law is above what there is room for, in octaves.
func (c *Curve) below(room float64) uint64 {
	switch {
	case room < 0:
		return 0
	case room >= 64*c.Slope:
		return math.MaxUint64
	}
	return after(room / c.Slope)
}

// after returns the first whole number above 2^x.
func after(x float64) uint64 {
	if x >= 63 {
		return math.MaxUint64
	}
	return uint64(stats.Exp2(x)) + 1
}

// Sure reports whether a job of so many declared units, 0 for none, is proven, and if so
// whether 99 of 100 such jobs keep the bound.
func (s *Short) Sure(units uint64) (short, proven bool) {
	units = min(units, math.MaxUint64-1) // nothing is below the bound that stands for none
	return units < s.sure, units < s.proven
}

// Likely reports whether such jobs keep the bound on average.
func (s *Short) Likely(units uint64) bool { return min(units, math.MaxUint64-1) < s.likely }
