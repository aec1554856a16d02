package capacity

import (
	"time"

	"github.com/helixrouter/helix/internal/stats"
)

const (
	// supplyHalf is the half-life of what was seen: half a second has some dozen jobs of the
	// usual sizes, and a core that another process takes is missed by then.
	supplyHalf = 500 * time.Millisecond
	// supplyKept is the half-life of it while there is nothing to see.
	supplyKept = 5 * time.Second
	// supplySeen is how much must have been seen for it to count: in less, one long job that has not
	// ended makes all the difference.
	supplySeen = 300 * time.Millisecond
	// supplyBand is the share of the cores from which on jobs are taken to have them all. Predictions and
	// the ends of long jobs are off by that much, and to take them for less sheds what could run.
	supplyBand = 0.8
	// leastSupply keeps the door from shutting for good, whatever was seen.
	leastSupply = 0.05
)

// Supply finds how many cores the work that was predicted really has: while jobs wait, as much
// predicted core time as gets done in a second. What other processes and the program
// around the router take of the cores is missing in it, and so is what predictions
// leave out. The zero value is ready. Not safe for concurrent use.
type Supply struct {
	at   time.Duration
	done time.Duration
	full bool    // jobs waited at the last look
	work float64 // ns that were done while jobs waited, fading
	span float64 // ns in which, fading alike
}

// Next takes a look: done is the predicted core time of all jobs that have ended so far, and
// full whether jobs wait now. It returns the cores that there are for predicted work.
func (s *Supply) Next(now, done time.Duration, full bool, cores float64) float64 {
	since, worked, waited := now-s.at, done-s.done, s.full && full
	s.at, s.done, s.full = now, done, full
	if since > 0 {
		half := supplyKept
		if waited {
			half = supplyHalf
		}
		keep := stats.Exp2(-float64(since) / float64(half))
		s.work *= keep
		s.span *= keep
		if waited {
			s.work += float64(worked)
			s.span += float64(since)
		}
	}
	if s.span < float64(supplySeen) {
		return cores
	}
	if seen := s.work / s.span; seen < supplyBand*cores {
		return max(seen, leastSupply*cores)
	}
	return cores
}
