package learn_test

import (
	"testing"

	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/route"
)

// adversaries are worlds that a learner should lose in.
var adversaries = []struct {
	name string
	set  func(w *world)
}{
	{"coins", func(w *world) { w.observe = coin }},
	{"wrong model", func(w *world) { w.truth = w.redrawn(1 << 30) }},
	{"wrong model, coins", func(w *world) { w.truth, w.observe = w.redrawn(1<<30), coin }},
	{"new losses every 3,000 jobs", func(w *world) { w.truth = w.redrawn(3_000) }},
	{"new losses every 300 jobs", func(w *world) { w.truth = w.redrawn(300) }},
	{"new losses every 3,000 jobs, coins", func(w *world) { w.truth, w.observe = w.redrawn(3_000), coin }},
	{"leaving always costs the worst", func(w *world) {
		w.observe = func(_ *world, _ int, s *learn.Sample, _ *losses) {
			if s.Chosen != s.Base {
				s.Loss = 1.2
			}
		}
	}},
	{"arms turn bad when they are liked", bait},
	{"the baseline is better while it is not played", func(w *world) {
		honest := w.truth
		w.truth = func(at int, kind uint32, x *learn.Features) losses {
			truth, predicted := honest(at, kind, x), w.predict(kind, x)
			base := learn.Least(w.allowed(), &predicted)
			truth[base] += 0.2
			if w.weights.Acts(kind) {
				truth[base] -= 0.2
			}
			return truth
		}
	}},
}

// coin makes the loss 1 or 0.
func coin(w *world, _ int, s *learn.Sample, truth *losses) {
	s.Loss = 0
	if w.rng.Float32() < truth[s.Chosen] {
		s.Loss = 1
	}
}

// redrawn is a truth that is off the model by up to 0.3, otherwise for each kind
// and arm, and otherwise again after every period.
func (w *world) redrawn(period int) func(int, uint32, *learn.Features) losses {
	offsets, drawn := [4]losses{}, -1
	return func(at int, kind uint32, x *learn.Features) losses {
		if at/period != drawn {
			drawn = at / period
			for k := range offsets {
				for _, a := range arms {
					offsets[k][a] = 0.6*w.rng.Float32() - 0.3
				}
			}
		}
		truth := w.predict(kind, x)
		for _, a := range arms {
			truth[a] = unit(truth[a] + offsets[kind][a])
		}
		return truth
	}
}

// bait makes every arm but the baseline's good until it is played a lot.
func bait(w *world) {
	var liked [route.NumLocal]float32 // of late: the share of the last 500 jobs or so
	honest := w.truth
	w.truth = func(at int, kind uint32, x *learn.Features) losses {
		truth, predicted := honest(at, kind, x), w.predict(kind, x)
		base := learn.Least(w.allowed(), &predicted)
		for _, a := range arms {
			switch {
			case a == base:
			case liked[a] > 0.05:
				truth[a] = truth[base] + 0.3
			default:
				truth[a] = truth[base] - 0.2
			}
		}
		return truth
	}
	w.observe = func(w *world, _ int, s *learn.Sample, _ *losses) {
		for _, a := range arms {
			liked[a] *= 1 - 1.0/500
		}
		if s.Chosen != s.Base {
			liked[s.Chosen] += 1.0 / 500
		}
	}
}

// worstPrefix returns the largest of (done - allowance)/base over all prefixes
// past the first 1,000 jobs. The allowance is the worst loss of one job, which the
// guard may lose on top.
func (w *world) worstPrefix(jobs int) (worst float64) {
	var done, base float64
	for at := range jobs {
		d, b, _ := w.step(at)
		done, base = done+d, base+b
		if at >= 1_000 {
			worst = max(worst, (done-1.2)/base)
		}
	}
	return worst
}

func TestTheGuardBoundsWhatIsLost(t *testing.T) {
	seeds := uint64(100)
	if testing.Short() || raceEnabled { // nothing here is shared, and the detector makes it ten times as slow
		seeds = 5
	}
	for _, c := range adversaries {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			worst, over, fallbacks := 0.0, 0, uint64(0)
			for seed := range seeds {
				w := newWorld(seed, 0.2)
				c.set(w)
				ratio := w.worstPrefix(20_000)
				worst, fallbacks = max(worst, ratio), fallbacks+w.learner.Snapshot().Guard.Fallbacks
				if ratio > 1.05 {
					over++
				}
			}
			t.Logf("worst prefix of %d seeds: %.4f of the baseline, %d fall-backs a run", seeds, worst, fallbacks/seeds)
			if over > 0 {
				t.Errorf("%d of %d seeds lost more than 1.05 times the baseline, at worst %.4f", over, seeds, worst)
			}
		})
	}
}
