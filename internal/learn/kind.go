package learn

import (
	"math"

	"github.com/helixrouter/helix/route"
)

const (
	// shrinkage is the evidence at which an intercept counts by half: a new kind
	// starts at the model, and a lucky job or two turn nothing round.
	shrinkage = 20
	// maxEvidence bounds what one intercept remembers, so that it follows a change
	// within some 200 jobs on its arm.
	maxEvidence = 200
	// fading is the number of a kind's jobs after which the evidence on an arm that
	// nobody plays has fallen to 1/e. Exploration gives such an arm about one job in
	// 300, so it rests on some 15: with a shorter memory nothing would be learned by
	// exploring, with a longer one the estimate of a baseline that was left is stale.
	fading    = 5000
	keepFaint = 1 - 1.0/fading
	// priorVariance with the weight of priorEvidence samples stands in for the spread
	// of an arm that was hardly played: a deviation of 0.25, that of a loss which is
	// mostly 0 and at times 1.
	priorVariance = 0.0625
	priorEvidence = 4
	// recent jobs of a kind with a mean error below settled make it converged, from
	// settledAfter jobs on: their mean is known to about 0.02.
	recent       = 100
	settled      = 0.05
	settledAfter = 200
)

// kind is what is known of one kind of job.
type kind struct {
	samples uint64
	arms    [route.NumLocal]intercept
	errors  float64 // mean error of the recent jobs
	budget  budget
}

// intercept is a kind's own part of an arm's residual.
type intercept struct {
	moment           // of what the shared row leaves
	evidence float64 // jobs it rests on, after fading
}

// value returns the intercept as far as the evidence carries it.
func (i *intercept) value() float64 { return i.mean * i.evidence / (i.evidence + shrinkage) }

// standardError returns how far the mean may be off.
func (i *intercept) standardError() float64 {
	variance := (i.evidence*i.variance + priorEvidence*priorVariance) / (i.evidence + priorEvidence)
	return math.Sqrt(variance / (i.evidence + 1))
}

// learn takes in what the row left of one job on arm s, and the error that the
// whole prediction had.
func (k *kind) learn(s route.Strategy, rest, err float64) {
	k.samples++
	k.errors += (err - k.errors) * shareOf(float64(k.samples), recent)
	for i := range k.arms {
		k.arms[i].evidence *= keepFaint
	}
	arm := &k.arms[s]
	arm.evidence = min(arm.evidence+1, maxEvidence)
	arm.add(clamp(rest, -maxWeight, maxWeight), 1/arm.evidence)
}

// forget keeps a quarter of the evidence.
func (k *kind) forget() {
	for i := range k.arms {
		k.arms[i].evidence /= forgetting
	}
}

// converged reports whether the kind's predictions are right on average of late.
func (k *kind) converged() bool {
	return k.samples >= settledAfter && math.Abs(k.errors) < settled
}
