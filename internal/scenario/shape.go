package scenario

import (
	"math"
	"time"
)

// shape says when a job comes that would come at even if the rate were the run's
// mean all the time. It is the inverse of the offered work so far, rises with
// even, and takes the whole run to the whole run, so that the mean stays the load.
type shape func(even float64, run time.Duration) float64

func flat(even float64, _ time.Duration) float64 { return even }

// The step. Its width is the one at which 0.7x and 2x have the mean 1:
// 0.7(1-w) + 2w = 1.
const (
	stepLow   = 0.7
	stepHigh  = 2.0
	stepWidth = (1 - stepLow) / (stepHigh - stepLow) // 3/13 of the run
	stepBegin = (1 - stepWidth) / 2
)

func step(even float64, run time.Duration) float64 {
	d := float64(run)
	before, during := float64(d*(stepBegin*stepLow)), float64(d*(stepWidth*stepHigh))
	switch {
	case even < before:
		return even / stepLow
	case even < before+during:
		return float64(d*stepBegin) + float64((even-before)/stepHigh)
	default:
		return float64(d*(stepBegin+stepWidth)) + float64((even-before-during)/stepLow)
	}
}

// The bursts. 250 ms at 4x fill what a second can do: longer than most budgets, so
// that a queue cannot simply outlast a burst, and short against any duration.
const (
	burstPeriod = time.Second // or near it, so that a run has whole periods
	burstHigh   = 4.0         // and nothing for three quarters of the period
)

func burst(even float64, run time.Duration) float64 {
	period := float64(run) / max(math.Round(float64(run)/float64(burstPeriod)), 1)
	begin := float64(math.Floor(even/period) * period)
	return begin + float64((even-begin)/burstHigh) // a division by 4 is compiled to a product
}

// ramp rises from 0 to twice the mean: the work offered by t is t^2/run.
func ramp(even float64, run time.Duration) float64 {
	return math.Sqrt(float64(even * float64(run))) // correctly rounded by IEEE 754
}
