package capacity

import (
	"math"
	"time"
)

const (
	// horizon is how far ahead the forecast looks at a steady rate. That is what it
	// takes to bring up another process; slots of this one are there at once, and
	// for them alone no forecast would be needed.
	horizon = 30 * time.Second
	// leastHorizon is the share of it that is left when the rate is as volatile as
	// it is large: a line through noise is worth little 30 s out.
	leastHorizon = 0.5
	// minPrediction observations make a line, minRecommendation make one to act on:
	// through two points every burst is a trend.
	minPrediction     = 2
	minRecommendation = 5
)

// Forecast predicts what will be asked for from what has been asked for. It wants
// all arrivals, also those that were shed: what was served is cut off by the very
// capacity in question, and a forecast of it would never ask for more. The zero
// value has seen nothing. Not safe for concurrent use.
type Forecast struct {
	started bool
	last    time.Duration // of the newest observation
	seen    Demand        // as of last

	trend    trend
	jitter   volatility // of the job rate
	workMean float64    // core-seconds per second, of late

	parallelism int           // as of the last recommendation; 0 before the first
	resized     bool          // it has changed since the first
	resizedAt   time.Duration // when it last did
}

// Demand counts all that ever arrived, shed or not.
type Demand struct {
	Jobs uint64
	Work time.Duration // core time that they ask for, measured or predicted
}

// Observe takes in the counters at now; once a second is what the ring is made
// for. The first call sets where they start. A counter that goes backwards has
// started anew: that interval is left out, as is one that takes no time.
func (f *Forecast) Observe(now time.Duration, d Demand) {
	if f.started && now <= f.last {
		return
	}
	before, since := f.seen, now-f.last
	known := f.started && since > 0 && d.Jobs >= before.Jobs && d.Work >= before.Work
	f.started, f.last, f.seen = true, now, d
	if !known {
		return
	}
	f.learn(observation{
		at:   now - since/2,
		jobs: float64(d.Jobs-before.Jobs) / since.Seconds(),
		work: (d.Work.Seconds() - before.Work.Seconds()) / since.Seconds(),
	})
}

func (f *Forecast) learn(o observation) {
	f.trend.add(o)
	f.jitter.observe(o.jobs)
	if f.trend.n == 1 {
		f.workMean = o.work
	}
	f.workMean += newestRate * (o.work - f.workMean)
}

// Horizon returns how far ahead the forecast looks: 30 s, and less the more the
// rate varies, down to 15 s.
func (f *Forecast) Horizon() time.Duration {
	share := max(1-min(f.jitter.share(), 1)/2, leastHorizon)
	return time.Duration(float64(horizon) * share)
}

// Rate returns how many jobs a second will arrive at the horizon; 0 before there
// are two observations.
func (f *Forecast) Rate() float64 {
	return f.predict(func(o observation) float64 { return o.jobs })
}

// Cores returns how many cores the arrivals will ask for at the horizon, and no
// fewer than they have asked for of late: that the load is about to fall is no
// reason to be short of cores until it does.
func (f *Forecast) Cores() float64 {
	return max(f.predict(func(o observation) float64 { return o.work }), f.workMean)
}

func (f *Forecast) predict(value func(observation) float64) float64 {
	if f.trend.n < minPrediction {
		return 0
	}
	v := f.trend.at(f.last+f.Horizon(), value)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return max(v, 0)
}
