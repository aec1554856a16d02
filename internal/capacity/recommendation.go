package capacity

import (
	"math"
	"time"
)

// The directions of a recommendation.
const (
	Up   = "up"
	Down = "down"
	Hold = "hold"
)

const (
	// highMark and lowMark are the shares of the slots in use beyond which their
	// number should change. At three quarters of eight slots a job waits a fifth of
	// its run on average, at nine tenths more than its whole run. Below a quarter
	// most slots never see work. Between them lies the dead band: whatever target
	// returns lies inside it or is as far as the bounds let it go.
	highMark = 0.75
	lowMark  = 0.25
	// upCooldown and downCooldown are how long a number of slots stands before it
	// may rise or fall: the forecast needs a few observations to see what a change
	// did, and slots that are not needed cost less than slots that are missing.
	upCooldown   = 5 * time.Second
	downCooldown = 30 * time.Second
	// reserve is the square-root rule's margin: with R slots in use on average,
	// R + 1.5 sqrt(R) keep the chance to find none free at about a tenth.
	reserve = 1.5
	// maxParallelism and maxQueueCap are the bounds of a valid configuration.
	maxParallelism = 4096
	maxQueueCap    = 1 << 20
	// mostBlocked keeps slots countable for jobs that hardly use a core.
	mostBlocked = 0.99
)

// Recommendation is what the forecast makes of the bounds of the pool.
type Recommendation struct {
	Direction     string  // Up, Down or Hold, of Parallelism
	Parallelism   int     // slots to have, 1..Ceiling
	QueueCap      int     // jobs that may wait, at least Parallelism
	PredictedRate float64 // arrivals per second at the horizon
	Reason        string  // why, with the numbers
	CoresNeeded   float64 // by all arrivals at the horizon
	CoresPresent  float64 // 0 when unknown
	Advice        string  // what to do when the cores do not suffice; else empty
}

// Sizing is what a recommendation starts from.
type Sizing struct {
	Parallelism int           // slots there are
	Ceiling     int           // slots that the configuration permits
	QueueCap    int           // jobs that may wait now
	Cores       float64       // usable cores; 0 or less when unknown
	Blocked     float64       // share of its run in which a job uses no core; 0 for work that only computes
	Service     time.Duration // mean run of a job; 0 when unknown
	Budget      time.Duration // p75 of the jobs' budgets; 0 when unknown
}

// Recommend returns how the pool should be bounded at now. With fewer than five
// observations ok is false and the recommendation is to leave all as it is. A
// cooldown counts from the last change of the parallelism that it is told, whoever
// made it: advice that nobody takes stays the same.
func (f *Forecast) Recommend(now time.Duration, in Sizing) (r Recommendation, ok bool) {
	in = in.sane()
	if in.Parallelism != f.parallelism {
		f.resized, f.resizedAt = f.parallelism != 0, now
		f.parallelism = in.Parallelism
	}
	r = Recommendation{
		Direction: Hold, Parallelism: in.Parallelism, QueueCap: in.QueueCap,
		PredictedRate: f.Rate(), CoresNeeded: f.Cores(), CoresPresent: in.Cores,
	}
	if f.trend.n < minRecommendation {
		r.Reason = tooFew(f.trend.n)
		return r, false
	}
	f.size(now, in, &r)
	r.QueueCap = in.queueCap(r.Parallelism)
	r.Advice = advice(r.CoresNeeded, r.CoresPresent)
	return r, true
}

// size fills in direction, parallelism and reason.
func (f *Forecast) size(now time.Duration, in Sizing, r *Recommendation) {
	slots := r.CoresNeeded / (1 - in.Blocked)
	use, to := slots/float64(in.Parallelism), in.target(slots)
	direction, cooldown := Hold, time.Duration(0)
	switch {
	case use > highMark && to > in.Parallelism:
		direction, cooldown = Up, upCooldown
	case use < lowMark && to < in.Parallelism:
		direction, cooldown = Down, downCooldown
	}
	left := time.Duration(0)
	if f.resized {
		left = max(f.resizedAt+cooldown-now, 0)
	}
	r.Reason = reason(use, slots, in.Parallelism, direction, left)
	if direction != Hold && left == 0 {
		r.Direction, r.Parallelism = direction, to
	}
}

// target returns the number of slots for a load that keeps so many busy. More
// than the cores can keep busy would only take turns on them.
func (in Sizing) target(slots float64) int {
	most := float64(in.Ceiling)
	if in.Cores > 0 {
		most = min(most, math.Ceil(in.Cores/(1-in.Blocked)))
	}
	return int(min(max(math.Ceil(slots+reserve*math.Sqrt(slots)), 1), most))
}

// queueCap returns how many jobs may wait for so many slots without the last of
// them waiting longer than its budget.
func (in Sizing) queueCap(parallelism int) int {
	queue := float64(in.QueueCap)
	if in.Service > 0 && in.Budget > 0 {
		queue = float64(parallelism) * (float64(in.Budget) / float64(in.Service))
	}
	return int(min(max(queue, float64(parallelism)), maxQueueCap))
}

// sane returns in with every number in its range.
func (in Sizing) sane() Sizing {
	in.Ceiling = min(max(in.Ceiling, 1), maxParallelism)
	in.Parallelism = min(max(in.Parallelism, 1), in.Ceiling)
	in.QueueCap = min(max(in.QueueCap, in.Parallelism), maxQueueCap)
	if !(in.Cores > 0) || math.IsInf(in.Cores, 0) {
		in.Cores = 0
	}
	if !(in.Blocked > 0) {
		in.Blocked = 0
	}
	in.Blocked = min(in.Blocked, mostBlocked)
	return in
}
