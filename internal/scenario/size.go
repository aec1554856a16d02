package scenario

import "time"

// size is a law of core time, in ns.
type size struct {
	draw func(source) float64
	mean float64
}

// exactly is one size.
func exactly(d time.Duration) size {
	return size{func(source) float64 { return float64(d) }, float64(d)}
}

// uniform is any size of a range alike.
func uniform(low, high time.Duration) size {
	return size{
		func(s source) float64 { return s.between(float64(low), float64(high)) },
		(float64(low) + float64(high)) / 2,
	}
}

// The heavy tail: P(size > x) = (least/x)^1.5, which has a mean and no variance.
// It ends at a thousand times the least size: without an end one job of a long run
// would decide the offered load by itself. The tail above holds 3 % of the work.
const (
	tailEnd     = 1000.0
	tailEndRoot = 31.622776601683793 // of tailEnd; tailEnd^-1.5 = 1/(tailEnd*tailEndRoot)
)

// pareto draws by inversion: u^(-1/1.5) is the square of u^(-1/3). Its mean is
// that of the bounded law, 3 least (1-tailEnd^-0.5)/(1-tailEnd^-1.5).
func pareto(least time.Duration) size {
	const lowest = 1 / (tailEnd * tailEndRoot)
	return size{
		func(s source) float64 {
			root := cubeRoot(lowest + float64(s.open()*(1-lowest)))
			return float64(least) / float64(root*root)
		},
		3 * float64(least) * (1 - 1/tailEndRoot) / (1 - lowest),
	}
}
