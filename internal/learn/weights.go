package learn

import "github.com/helixrouter/helix/route"

const (
	// MaxKinds bounds the kinds with an intercept and a budget of their own: all
	// together take 6 KB in a Weights. Kinds numbered beyond it share the rows and
	// the global budget.
	MaxKinds = 256
	// maxResidual bounds a correction. The model misses by more only where it knows
	// nothing, and half the range of a loss turns any order round that can be wrong.
	maxResidual = 0.5
)

// Weights is what a decision reads: immutable while published, safe for
// concurrent reading. The zero value corrects nothing and explores nothing.
type Weights struct {
	// Epsilon is the most that Choose spends on arms other than the least, 0..MaxEpsilon.
	Epsilon float32
	// Acting says that the mode acts and the guard permits it. Single kinds may
	// still be held to the baseline: see Acts.
	Acting bool

	rows  [route.NumLocal][NumFeatures]float32
	kinds []kindWeights // by kind number, up to the highest seen
}

// kindWeights is one kind's part.
type kindWeights struct {
	intercepts [route.NumLocal]float32 // shrunk by evidence already
	acting     bool
}

// Acts reports whether jobs of a kind may leave the baseline. A kind that was
// never observed may not: it has no budget yet.
func (w *Weights) Acts(kind uint32) bool {
	if !w.Acting || kind >= MaxKinds {
		return w.Acting
	}
	return int(kind) < len(w.kinds) && w.kinds[kind].acting
}

// Residual returns what to add to the predicted loss of an arm, within ±0.5. It
// is 0 where Acts is false, so that the order of the arms is the baseline's.
func (w *Weights) Residual(s route.Strategy, kind uint32, x *Features) float32 {
	if !w.Acts(kind) || int(s) >= len(w.rows) {
		return 0
	}
	r := &w.rows[s]
	sum := r[0]*x[0] + r[1]*x[1] + r[2]*x[2] + r[3]*x[3] +
		r[4]*x[4] + r[5]*x[5] + r[6]*x[6]
	if int(kind) < len(w.kinds) {
		sum += w.kinds[kind].intercepts[s]
	}
	switch {
	case sum < -maxResidual:
		return -maxResidual
	case sum > maxResidual:
		return maxResidual
	case sum != sum: // a feature was not a number
		return 0
	}
	return sum
}
