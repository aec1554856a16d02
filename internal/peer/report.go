package peer

import (
	"math"
	"time"
)

// Report is what a peer says of its load.
type Report struct {
	InFlight int           // jobs that it has taken and not ended
	Backlog  time.Duration // core time that waits there or is left to run, on its own cores
	Lanes    float64       // jobs that it runs at a time
	Scarcity float64       // share of the work offered to it that it turns away, 0..1
	Speed    float64       // of its cores, in units that are the same for all; 0 = not known
	Draining bool          // it takes no more jobs
}

// A report comes from another program: numbers beyond these are faults or lies, and would
// make sums overflow or a peer look infinitely good.
const (
	mostInFlight = 1 << 24
	mostBacklog  = 24 * time.Hour
	mostLanes    = 1 << 16
	mostSpeed    = 1e6
	leastSpeed   = 1e-6
)

// sane brings every number into its range; what is not a number is the worst of it.
func (r Report) sane() Report {
	r.InFlight = min(max(r.InFlight, 0), mostInFlight)
	r.Backlog = min(max(r.Backlog, 0), mostBacklog)
	if !(r.Lanes >= 1) {
		r.Lanes = 1
	}
	r.Lanes = min(r.Lanes, mostLanes)
	if math.IsNaN(r.Scarcity) {
		r.Scarcity = 1
	}
	r.Scarcity = min(max(r.Scarcity, 0), 1)
	if !(r.Speed >= leastSpeed) || r.Speed > mostSpeed {
		r.Speed = 0
	}
	return r
}

// room reports whether a job would start at once.
func (r *Report) room() bool { return float64(r.InFlight) < r.Lanes && r.Scarcity == 0 }
