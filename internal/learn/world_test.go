package learn_test

import (
	"math/rand/v2"

	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/route"
)

type losses = [route.NumLocal]float32

var arms = []route.Strategy{route.Inline, route.Spawn, route.CPUPool, route.Batch}

// world is a synthetic bandit. Each job has features, a loss per arm that the
// model predicts, and one that would be true.
type world struct {
	rng     *rand.Rand
	kinds   uint32
	noise   float32                                                // half-width of the uniform noise on a loss
	predict func(kind uint32, x *learn.Features) losses            // what the model says
	truth   func(at int, kind uint32, x *learn.Features) losses    // expected loss of each arm
	observe func(w *world, at int, s *learn.Sample, truth *losses) // nil: the truth plus noise
	learner *learn.Learner
	weights learn.Weights
}

// publishEvery is how many jobs end between two publications.
const publishEvery = 16

// step is one job. It returns the losses of what was done and of what the
// baseline would have done, with the same noise.
func (w *world) step(at int) (done, base float64, s learn.Sample) {
	if at%publishEvery == 0 {
		w.weights = w.learner.Publish()
	}
	s = w.draw()
	s.Base = learn.Least(s.Allowed, &s.Predicted)
	s.Chosen, s.Propensity = s.Base, 1
	if w.weights.Acts(s.Kind) {
		corrected := s.Predicted
		for _, a := range arms {
			corrected[a] += w.weights.Residual(a, s.Kind, &s.X)
		}
		s.Chosen, s.Propensity = w.weights.Choose(s.Allowed, &corrected, w.rng.Float32())
		s.Explored = s.Chosen != learn.Least(s.Allowed, &corrected)
	}
	truth := w.truth(at, s.Kind, &s.X)
	noise := w.noise * (2*w.rng.Float32() - 1)
	s.Loss = unit(truth[s.Chosen] + noise)
	if w.observe != nil {
		w.observe(w, at, &s, &truth)
	}
	s.Reward = 1 - 1.5*min(s.Loss, 1)
	w.learner.Observe(&s)
	if s.Chosen == s.Base {
		return float64(s.Loss), float64(s.Loss), s
	}
	return float64(s.Loss), float64(unit(truth[s.Base] + noise)), s
}

// draw makes a job: a kind, features, and what the model says.
func (w *world) draw() (s learn.Sample) {
	s.Kind = w.rng.Uint32N(w.kinds)
	s.X = learn.Features{1}
	for i := 1; i < learn.NumFeatures; i++ {
		s.X[i] = w.rng.Float32()
	}
	s.Predicted = w.predict(s.Kind, &s.X)
	s.Allowed = w.allowed()
	return s
}

func (w *world) allowed() route.Set { return route.SetOf(arms...) }

func unit(x float32) float32 { return min(max(x, 0), 1.2) }

// run plays jobs from..to and returns the summed losses.
func (w *world) run(from, to int) (done, base float64) {
	for at := from; at < to; at++ {
		d, b, _ := w.step(at)
		done, base = done+d, base+b
	}
	return done, base
}

// varied is a model in which every arm but Drop is the best for some jobs.
func varied(kind uint32, x *learn.Features) losses {
	return losses{
		0.20 + 0.4*x[1],
		0.25 + 0.2*x[2],
		0.30 + 0.2*x[3],
		0.45 - 0.3*x[6] + 0.02*float32(kind),
	}
}

func newWorld(seed uint64, noise float32) *world {
	return &world{
		rng: rand.New(rand.NewPCG(seed, 1)), kinds: 4, noise: noise, predict: varied,
		truth:   func(_ int, kind uint32, x *learn.Features) losses { return varied(kind, x) },
		learner: learn.New(learn.Guarded),
	}
}
