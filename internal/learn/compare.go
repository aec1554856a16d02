package learn

import (
	"math"

	"github.com/helixrouter/helix/route"
)

// correct returns the corrected losses of the allowed arms.
func (l *Learner) correct(k *kind, s *Sample) (corrected [route.NumLocal]float64) {
	for _, a := range runnable {
		if !s.Allowed.Has(a) {
			continue
		}
		residual := l.rows[a].value(&s.X)
		if k != nil {
			residual += k.arms[a].value()
		}
		corrected[a] = clampLoss(float64(s.Predicted[a]) + clamp(residual, -maxResidual, maxResidual))
	}
	return corrected
}

// compare holds the learner's choice against the baseline's. For the arm that was
// played it takes the observed loss and not the estimate, so that a learner which
// flatters itself is found out: the gain of one that acts can be below 0.
func (l *Learner) compare(corrected *[route.NumLocal]float64, s *Sample) {
	choice := s.Base
	for _, a := range runnable {
		if s.Allowed.Has(a) && corrected[a] < corrected[choice] {
			choice = a
		}
	}
	estimate := *corrected
	estimate[s.Chosen] = s.loss()
	agreed := 0.0
	if choice == s.Base {
		agreed = 1
	}
	share := shareOf(float64(l.samples), memory)
	l.agreement += share * (agreed - l.agreement)
	l.gain += share * (estimate[s.Base] - estimate[choice] - l.gain)
	l.guard.loss += share * (s.loss() - l.guard.loss)
	l.guard.baseLoss += share * (estimate[s.Base] - l.guard.baseLoss)
}

// charge moves the budgets, of all jobs and of the kind.
func (l *Learner) charge(k *kind, base float64, s *Sample) {
	left, spread := s.Chosen != s.Base, math.Sqrt(priorVariance)
	if k != nil {
		spread = k.arms[s.Base].standardError()
	}
	add := amount(s.loss(), clampLoss(base-doubt*spread), left)
	if l.guard.add(add) {
		l.guard.fallbacks++
	}
	if k != nil && k.budget.add(add) {
		l.guard.fallbacks++
	}
}
