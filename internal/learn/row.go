package learn

import "math"

const (
	// step is AdaGrad's: the first gradient moves a weight by step times it, and
	// later ones by less as squares add up. At a noise of 0.1 a weight then follows a
	// change within some 100 samples and swings by about 0.01. Twice as much and noise
	// alone costs a right model 1.3 %; half as much gains 0.2 %, and is slower.
	step = 0.05
	// memory is the number of samples that weights and squares remember: both keep
	// 1-1/memory of themselves per sample, a half-life of 1,400 jobs. A weight
	// that nothing confirms falls to 0, so the model alone is what is left.
	memory = 2000
	keep   = 1 - 1.0/memory
	// maxWeight bounds a weight. Features are about 1 and a correction is at most
	// 0.5, so a larger one can only cancel another.
	maxWeight = 1
	// firstSquare starts the sum of squares, so that the first steps are no jumps.
	firstSquare = 1
	// leastSquare ends its fall: below it a quiet spell would make the next step a jump.
	leastSquare = 0.25
)

// row is the linear part of one arm's residual, shared by all kinds.
type row struct {
	weights [NumFeatures]float64
	squares [NumFeatures]float64 // decayed sums of squared gradients
}

func newRow() (r row) {
	for i := range r.squares {
		r.squares[i] = firstSquare
	}
	return r
}

// value returns the row's part of the residual.
func (r *row) value(x *Features) (sum float64) {
	for i, w := range r.weights {
		sum += w * float64(x[i])
	}
	return sum
}

// learn moves the weights against the error, by AdaGrad: each feature has a step
// of its own, so that one that is rare or small learns as fast as the bias.
func (r *row) learn(x *Features, err float64) {
	for i := range r.weights {
		gradient := err * float64(x[i])
		r.squares[i] = max(r.squares[i]*keep+gradient*gradient, leastSquare)
		w := r.weights[i]*keep + step*gradient/math.Sqrt(r.squares[i])
		r.weights[i] = clamp(w, -maxWeight, maxWeight)
	}
}

// forget makes the next steps larger, as if a quarter of the samples were known.
func (r *row) forget() {
	for i := range r.squares {
		r.squares[i] = max(r.squares[i]/forgetting, leastSquare)
	}
}
