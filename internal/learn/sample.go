package learn

import (
	"math"

	"github.com/helixrouter/helix/route"
)

// worstLoss is the largest loss of one job: 1 for a late one, and what is left for the
// cores that it took from others.
const worstLoss = 1.2

// Sample is one finished job, as the learner sees it. The guard takes a job whose
// Chosen is not its Base for one that the learner led away.
type Sample struct {
	Kind   uint32
	Chosen route.Strategy // what it took; Drop for a job that was shed
	Base   route.Strategy // what the model alone would have taken, Least of Predicted; Chosen where the router overruled both
	X      Features       // as they were at the decision

	// Predicted is the loss that the model predicted without correction, for the
	// arms of Allowed.
	Predicted [route.NumLocal]float32
	Allowed   route.Set

	Loss   float32 // observed, 0..1.2
	Reward float32 // in budget +1, late -0.5, shed or failed -1

	// Propensity and Explored say how the arm was chosen. The regression needs no
	// weighting by them, since it fits each arm's own loss; they are for the record.
	Propensity float32
	Explored   bool
}

// sound reports whether the sample can be counted at all.
func (s *Sample) sound() bool {
	return int(s.Chosen) < route.NumLocal && s.Reward >= -1 && s.Reward <= 1
}

// teaches reports whether the sample says something about an arm. A job that was
// shed does not, and neither does one with a number that is none: a single NaN
// would stay in the weights for ever.
func (s *Sample) teaches() bool {
	if s.Chosen >= route.Drop || s.Base >= route.Drop || !s.Allowed.Has(s.Chosen) || !s.Allowed.Has(s.Base) {
		return false
	}
	if !finite(s.Loss) || !s.X.valid() {
		return false
	}
	for _, a := range runnable {
		if s.Allowed.Has(a) && !finite(s.Predicted[a]) {
			return false
		}
	}
	return true
}

// loss returns the observed loss in its range.
func (s *Sample) loss() float64 { return clampLoss(float64(s.Loss)) }

func finite(x float32) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }

// clampLoss keeps a loss in the range that one job can have.
func clampLoss(x float64) float64 { return clamp(x, 0, worstLoss) }

// clamp limits x to low..high. Comparisons, since min and max of floats care for
// signed zeros and NaN and took a third of Observe.
func clamp(x, low, high float64) float64 {
	if x < low {
		return low
	}
	if x > high {
		return high
	}
	return x
}
