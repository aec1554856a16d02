package learn

import (
	"errors"
	"fmt"
	"slices"

	"github.com/helixrouter/helix/route"
)

// Bounds of what a learner can have written, past those that say so elsewhere.
const (
	// maxSquare is memory times the largest squared gradient, rounded up.
	maxSquare = memory * (maxResidual * maxFeature) * (maxResidual * maxFeature)
	// maxVariance is that of values within ±1, and a little for rounding.
	maxVariance = 1.01
)

// Restore replaces all that is learned by a snapshot, and keeps the mode. It
// takes nothing on trust: a snapshot of another version or shape, or with a value
// that no learner writes, is an error that names the field, and then the learner
// is as before.
func (l *Learner) Restore(s Snapshot) error {
	next := New(l.mode)
	if err := errors.Join(
		checkShape(&s),
		next.restoreTotals(&s),
		next.restoreGuard(&s.Guard),
	); err != nil {
		return fmt.Errorf("restore learner: %w", err)
	}
	if err := errors.Join(next.restoreRows(&s), next.restoreKinds(s.Kinds)); err != nil {
		return fmt.Errorf("restore learner: %w", err)
	}
	*l = *next
	return nil
}

// checkShape refuses what was written by somebody else.
func checkShape(s *Snapshot) error {
	if s.Version != Version {
		return fmt.Errorf("version: %d, want %d", s.Version, Version)
	}
	if !slices.Equal(s.Features, FeatureNames[:]) {
		return fmt.Errorf("features: %q, want %q", s.Features, FeatureNames)
	}
	if len(s.Weights) != route.NumLocal || len(s.Squares) != route.NumLocal {
		return fmt.Errorf("weights, squares: %d and %d rows, want %d", len(s.Weights), len(s.Squares), route.NumLocal)
	}
	return nil
}

func (l *Learner) restoreTotals(s *Snapshot) error {
	l.samples, l.explored, l.warmed = s.SampleCount, s.Explored, s.IsWarmedUp
	l.rewards = moment{s.AvgReward, s.RewardVariance}
	l.agreement, l.gain = s.Agreement, s.EstimatedGain
	l.drifts, l.calm = s.Drifts, s.Calm
	for a, n := range s.PerStrategyCounts {
		if int(a) >= len(l.counts) {
			return fmt.Errorf("per_strategy_counts: no strategy %d", a)
		}
		l.counts[a] = n
	}
	return errors.Join(
		within("avg_reward", s.AvgReward, -1, 1),
		within("reward_variance", s.RewardVariance, 0, maxVariance),
		within("agreement", s.Agreement, 0, 1),
		within("estimated_gain", s.EstimatedGain, -worstLoss, worstLoss),
	)
}

func (l *Learner) restoreGuard(g *GuardSnapshot) error {
	l.guard = guard{budget{g.Budget, g.Permitted}, g.Fallbacks, g.Loss, g.BaseLoss}
	return errors.Join(
		within("guard.budget", g.Budget, deepest, maxBudget),
		within("guard.loss", g.Loss, 0, worstLoss),
		within("guard.base_loss", g.BaseLoss, 0, worstLoss),
	)
}

func (l *Learner) restoreRows(s *Snapshot) error {
	for i := range l.rows {
		most := float64(maxWeight)
		if i == int(route.Drop) {
			most = 0 // admission's row: nothing was ever learned in it
		}
		if err := errors.Join(
			fill("weights", l.rows[i].weights[:], s.Weights[i], -most, most),
			fill("squares", l.rows[i].squares[:], s.Squares[i], leastSquare, maxSquare),
		); err != nil {
			return fmt.Errorf("%s: %w", route.Strategy(i), err)
		}
	}
	return nil
}

func (l *Learner) restoreKinds(kinds map[uint32]KindSnapshot) error {
	for number, s := range kinds {
		k := l.kind(number)
		if k == nil {
			return fmt.Errorf("kinds: number %d, at most %d", number, MaxKinds-1)
		}
		if err := k.restore(&s); err != nil {
			return fmt.Errorf("kinds: %d: %w", number, err)
		}
	}
	return nil
}

func (k *kind) restore(s *KindSnapshot) error {
	var means, evidence, variances [route.NumLocal]float64
	if err := errors.Join(
		within("error", s.Error, -maxResidual, maxResidual),
		within("budget", s.Budget, deepest, maxBudget),
		fill("intercepts", means[:], s.Intercepts, -maxWeight, maxWeight),
		fill("evidence", evidence[:], s.Evidence, 0, maxEvidence),
		fill("variances", variances[:], s.Variances, 0, maxVariance),
	); err != nil {
		return err
	}
	if drop := int(route.Drop); means[drop] != 0 || evidence[drop] != 0 {
		return fmt.Errorf("intercepts: drop has %g on %g jobs, and is never learned", means[drop], evidence[drop])
	}
	k.samples, k.errors, k.budget = s.Samples, s.Error, budget{s.Budget, s.Permitted}
	for i := range k.arms {
		k.arms[i] = intercept{moment{means[i], variances[i]}, evidence[i]}
	}
	return nil
}

// fill copies values of the right number and range.
func fill(field string, to, from []float64, low, high float64) error {
	if len(from) != len(to) {
		return fmt.Errorf("%s: %d values, want %d", field, len(from), len(to))
	}
	for i, x := range from {
		if err := within(field, x, low, high); err != nil {
			return err
		}
		to[i] = x
	}
	return nil
}

// within refuses a value out of range, and one that is not a number.
func within(field string, x, low, high float64) error {
	if !(x >= low && x <= high) {
		return fmt.Errorf("%s: %g is not in %g..%g", field, x, low, high)
	}
	return nil
}
