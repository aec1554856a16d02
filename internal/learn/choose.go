package learn

import (
	"math"

	"github.com/helixrouter/helix/route"
)

// gapWeight is how fast exploration turns away from worse arms: an arm that is
// worse by gap weighs 1/(arms + gapWeight*gap). It is SquareCB's 10*sqrt(n) at
// the 2,000 samples that the weights remember.
const gapWeight = 447

// runnable are the arms that can be chosen: all but Drop, which is admission's.
var runnable = [...]route.Strategy{route.Inline, route.Spawn, route.CPUPool, route.Batch}

// Least returns the allowed arm of the least loss, the first in wire order of
// equals, and an arm whose loss is not a number last. It is the baseline when it
// is given the predicted losses. With no arm allowed it is Drop, the one answer left.
func Least(allowed route.Set, loss *[route.NumLocal]float32) route.Strategy {
	best := route.Drop
	least := float32(math.NaN())
	for _, s := range runnable {
		if allowed.Has(s) && (best == route.Drop || !(loss[s] >= least) && loss[s] == loss[s]) {
			best, least = s, loss[s]
		}
	}
	return best
}

// Choose picks among the allowed arms, given their corrected losses and a uniform
// draw u in [0,1), and returns the arm with the probability it had of being
// picked. The least has all but a small share, at most Epsilon, which the others
// split by inverse gap weighting: the nearer an arm comes to the least, the more a
// try of it can teach and the less it costs. While Acting is false it is Least,
// with certainty. It does not know the kind: ask Acts first.
func (w *Weights) Choose(allowed route.Set, loss *[route.NumLocal]float32, u float32) (s route.Strategy, propensity float32) {
	best := Least(allowed, loss)
	if !w.Acting || w.Epsilon <= 0 || best == route.Drop {
		return best, 1
	}
	weights, total := gapWeights(allowed, loss, best)
	if total == 0 {
		return best, 1
	}
	mass := min(total, w.Epsilon)
	return split(&weights, mass/total, u, best, 1-mass)
}

// gapWeights returns the weight of each allowed arm but the best, and their sum.
func gapWeights(allowed route.Set, loss *[route.NumLocal]float32, best route.Strategy) (weights [len(runnable)]float32, total float32) {
	for i, s := range runnable {
		if s == best || !allowed.Has(s) {
			continue
		}
		if gap := loss[s] - loss[best]; gap >= 0 { // and is a number
			weights[i] = 1 / (float32(len(runnable)) + gapWeight*gap)
			total += weights[i]
		}
	}
	return weights, total
}

// split lays the probabilities side by side, the best arm's first, and returns
// the one that u falls in. A u that rounding leaves past the end is the best's.
func split(weights *[len(runnable)]float32, scale, u float32, best route.Strategy, kept float32) (route.Strategy, float32) {
	if u < kept {
		return best, kept
	}
	at := kept
	for i, s := range runnable {
		if weights[i] == 0 {
			continue
		}
		p := weights[i] * scale
		if at += p; u < at {
			return s, p
		}
	}
	return best, kept
}
