package report

import (
	"cmp"
	"slices"
)

// Median makes one row of the rows of several seeds: the median of each number by
// itself, and the extremes of the ratio. The median of an even number of values is the
// lower one in the middle, so that counts stay counts.
func Median(rows []Row) Row {
	out := rows[0]
	if len(rows) == 1 {
		return out
	}
	out.Offered = middle(rows, func(r Row) int { return r.Offered })
	out.GoodputFraction = middle(rows, func(r Row) float64 { return r.GoodputFraction })
	out.BoundFraction = middle(rows, func(r Row) float64 { return r.BoundFraction })
	out.RatioToBound = middle(rows, func(r Row) float64 { return r.RatioToBound })
	out.Shed = middle(rows, func(r Row) int { return r.Shed })
	out.Expired = middle(rows, func(r Row) int { return r.Expired })
	out.Late = middle(rows, func(r Row) int { return r.Late })
	out.Failed = middle(rows, func(r Row) int { return r.Failed })
	out.P50Seconds = middle(rows, func(r Row) float64 { return r.P50Seconds })
	out.P99Seconds = middle(rows, func(r Row) float64 { return r.P99Seconds })
	out.WastedCoreFraction = middle(rows, func(r Row) float64 { return r.WastedCoreFraction })
	out.DecisionsPerSecond = middle(rows, func(r Row) float64 { return r.DecisionsPerSecond })
	out.GeneratorLagSeconds = middle(rows, func(r Row) float64 { return r.GeneratorLagSeconds })
	out.LeastTenant = middle(rows, func(r Row) float64 { return r.LeastTenant })
	low := func(a, b Row) int { return cmp.Compare(a.RatioToBound, b.RatioToBound) }
	out.Seeds = len(rows)
	out.RatioLow, out.RatioHigh = slices.MinFunc(rows, low).RatioToBound, slices.MaxFunc(rows, low).RatioToBound
	return out
}

func middle[T cmp.Ordered](rows []Row, of func(Row) T) T {
	values := make([]T, len(rows))
	for i, r := range rows {
		values[i] = of(r)
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
