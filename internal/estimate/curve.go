package estimate

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/stats"
)

// Curve predicts the service time of one kind. It is immutable and small: decisions
// read many of them. The zero Curve knows nothing.
type Curve struct {
	Samples int     // jobs observed
	Slope   float64 // b: 1 = a unit has a price, 0 = units mean nothing
	Spread  float64 // standard deviation of log2 of the time around the law
	Noise   bool    // declared units say nothing about the time
	level   float64 // a
	tail    float64 // log2 by which 99 of 100 jobs miss the law at most, by counting them
	proven  float64 // log2 of the most units that have run
	trust   Trust   // in the prediction of a job of a size that has run
}

const (
	// provenFrom is how many jobs of a kind have to have run before one is run where it
	// would not be run without the prediction. Fewer, and 1 in 100 that is long has not been seen.
	provenFrom = 200
	// growth is by how much a job may be larger than the largest that has run, and still be
	// predicted: each proof lets the next be half as large again, so that a wrong law
	// never runs a giant where it expects a dwarf (the rule of sptl, PPoPP 2019).
	growth = 0.585 // log2 1.5
)

// Prediction is how long one job is expected to run, alone on a core. It has four fields, so
// that the compiler keeps it in registers.
type Prediction struct {
	Log    float64 // log2 of the median in ns
	Spread float64 // standard deviation of log2
	Tail   float64 // log2 by which 99 of 100 are above the median at most, whatever their distribution
	Trust  Trust
}

// Trust is how far a prediction can be trusted.
type Trust uint8

// The levels of trust, each of which has what is below it.
const (
	Guessed Trust = iota
	Settled       // enough jobs have run for the law to have been chosen, and one about as large
	Proven        // enough for one in a hundred to have been seen
)

// Predict predicts a job of so many declared units; 0 = none declared.
func (c *Curve) Predict(units uint64) Prediction {
	x := logUnits(units)
	p := Prediction{Log: min(max(c.level+float64(c.Slope*x), 0), 53), Spread: c.Spread, Tail: c.tail}
	if x <= c.proven+growth || c.Slope < 0.5 {
		p.Trust = c.trust
	}
	return p
}

// Known tells whether there is a prediction at all.
func (p Prediction) Known() bool { return p.Spread > 0 }

// Beyond is the probability that such a job runs for longer than d.
func (p Prediction) Beyond(d time.Duration) float64 { return stats.Normal(p.Over(d)) }

// Over is by how many spreads the median is above d. Who compares need not know the probability.
func (p Prediction) Over(d time.Duration) float64 {
	return (p.Log - stats.Log2(float64(max(d, 1)))) / p.Spread
}

// LogMean is log2 of the mean in ns, if the logarithms are normal: a doubtful prediction
// counts for more than a sure one.
func (p Prediction) LogMean() float64 {
	return min(p.Log+float64(p.Spread*float64(p.Spread*(math.Ln2/2))), 53)
}

// Mean is the time that such jobs need on average.
func (p Prediction) Mean() time.Duration { return time.Duration(stats.Exp2(p.LogMean())) }

// Median is the time that half of such jobs need.
func (p Prediction) Median() time.Duration { return time.Duration(stats.Exp2(p.Log)) }

// normal99 is the 99th percentile of the standard normal distribution.
const normal99 = 2.33

// LogHigh is log2 of High in ns.
func (p Prediction) LogHigh() float64 { return p.Log + max(float64(normal99*p.Spread), p.Tail) }

// High is the time that 99 of 100 such jobs keep. It does not trust the spread alone: where
// one job in ten is far longer than the others, a normal distribution has no place for it.
func (p Prediction) High() time.Duration { return time.Duration(stats.Exp2(min(p.LogHigh(), 62))) }
