package capacity

import "math"

// newestRate is the weight of the newest rate in the averages of a forecast: at
// one observation a second they follow the last five or so.
const newestRate = 0.20

// volatility is the coefficient of variation of a series: its deviation as a
// share of its mean, both as exponential averages. The zero value is empty.
type volatility struct {
	n        int
	mean     float64
	variance float64
}

// observe takes in x by the incremental form in which the variance cannot turn
// negative. The first sample is the mean.
func (v *volatility) observe(x float64) {
	if v.n++; v.n == 1 {
		v.mean = x
		return
	}
	delta := x - v.mean
	v.mean += newestRate * delta
	v.variance = (1 - newestRate) * (v.variance + newestRate*delta*delta)
}

// share returns the deviation over the mean. A series of zeros does not vary.
func (v *volatility) share() float64 {
	if v.mean <= 0 {
		return 0
	}
	return math.Sqrt(v.variance) / v.mean
}
