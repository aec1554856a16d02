package admission

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/stats"
)

// Door says how likely a job is to miss its time. It is immutable once made; the
// zero Door lets everything pass.
type Door struct {
	Cores  float64
	before [Cells]queue
}

// queue is what comes before a job: what waits in its own cell as well, but not what
// comes there later, which goes behind it.
type queue struct {
	waits float64 // ns of core time that waits
	rate  float64 // cores that arrivals ask for
	noise float64 // variance of what arrives in a time, in ns of core time, per ns
}

// NewDoor makes a door of what waits and what arrives.
func NewDoor(cores float64, waits *Backlog, d *Demand) Door {
	door := Door{Cores: cores}
	var sum queue
	slow, fast, slowScale, fastScale := 0.0, 0.0, d.slow.scale(), d.fast.scale()
	for i := range door.before {
		sum.waits += float64(waits[i])
		door.before[i] = sum
		if d.slow.cores[i] == 0 {
			continue
		}
		quick, late := d.slow.cores[i]*slowScale, d.fast.cores[i]*fastScale
		slow += quick
		fast += late
		sum.rate = min(slow, fast)
		// Jobs of core time s that arrive at r/s a second vary by r s.
		sum.noise += float64(min(quick, late) * Cell(i).middle())
	}
	return door
}

// Wait is how long the turn of a job of a cell will be in coming, if it comes at all:
// what waits before it, at the pace that those leave who come meanwhile. ok is false
// when they leave none.
func (d *Door) Wait(c Cell) (wait time.Duration, ok bool) {
	if d.Cores == 0 {
		return 0, true
	}
	q := &d.before[c]
	pace := d.Cores - q.rate
	if pace <= 0 {
		return math.MaxInt64, q.waits == 0
	}
	return time.Duration(min(q.waits/pace, math.MaxInt64/2)), true
}

// preempts is by how many cells work must be smaller to run beside a job and not after it.
const preempts = 2 * perOctave

// maxStretch bounds what a job is slowed down by; at that it has little hope.
const maxStretch = 100

// Stretch is by how much longer a job of a cell runs for the much smaller ones that
// will come meanwhile and run beside it: they take their share of the cores first.
func (d *Door) Stretch(c Cell) float64 {
	below := int(c) - preempts
	if d.Cores == 0 || below < 0 || below/sizes != int(c)/sizes {
		return 1
	}
	left := d.Cores - d.before[below].rate
	return min(d.Cores/max(left, d.Cores/maxStretch), maxStretch)
}

// Run is how long a job of a cell that needs some core time runs once it has started.
func (d *Door) Run(c Cell, service time.Duration) time.Duration {
	return time.Duration(float64(service) * d.Stretch(c))
}

// Miss is the probability that the turn of a job of a cell does not come within its
// slack: that what waits before it and what comes before it until then is more than the cores do.
// What comes is taken for a Poisson stream of jobs, and its sum for normal.
func (d *Door) Miss(c Cell, slack time.Duration) float64 {
	switch {
	case d.Cores == 0:
		return 0
	case slack <= 0:
		return 1
	}
	excess, sigma := d.excess(c, slack)
	return stats.Normal(excess / sigma)
}

// Exceeds reports whether Miss is more than at so many standard deviations, 0 or more; slack is
// more than 0. Most jobs are let in without a root.
func (d *Door) Exceeds(c Cell, slack time.Duration, sigmas float64) bool {
	q, t := &d.before[c], float64(slack)
	if q.waits+float64((q.rate-d.Cores)*t) <= 0 {
		return false
	}
	excess, sigma := d.excess(c, slack)
	return excess > sigmas*sigma
}

// excess is the work of Miss beyond what the cores do, and its standard deviation.
func (d *Door) excess(c Cell, slack time.Duration) (excess, sigma float64) {
	q, t := &d.before[c], float64(slack)
	return q.waits + float64((q.rate-d.Cores)*t), math.Sqrt(float64(q.noise*t)) + 1
}
