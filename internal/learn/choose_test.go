package learn_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/route"
)

func anyAllowed() *rapid.Generator[route.Set] {
	return rapid.Custom(func(t *rapid.T) route.Set { return route.Set(rapid.Uint8Range(1, 15).Draw(t, "arms")) })
}

func anyLosses() *rapid.Generator[losses] {
	return rapid.Custom(func(t *rapid.T) (l losses) {
		for _, a := range arms {
			l[a] = rapid.OneOf(rapid.Float32Range(0, 1.2), rapid.Just[float32](0.3), rapid.Float32()).Draw(t, "loss")
		}
		return l
	})
}

// Over all u, each arm has the probability that Choose says it has, they sum up to
// 1, and no more than epsilon of it goes to others than the least.
func TestPropensitiesAreProbabilities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		allowed, loss := anyAllowed().Draw(t, "allowed"), anyLosses().Draw(t, "loss")
		epsilon := rapid.Float32Range(0, 0.5).Draw(t, "epsilon")
		w := learn.Weights{Acting: true, Epsilon: epsilon}
		least := learn.Least(allowed, &loss)
		const draws = 4096
		var share, said [route.NumLocal]float64
		for i := range draws {
			s, p := w.Choose(allowed, &loss, (float32(i)+0.5)/draws)
			if s == route.Drop || !allowed.Has(s) || !(p > 0 && p <= 1) {
				t.Fatalf("chose %s with propensity %g of %b", s, p, allowed)
			}
			share[s] += 1.0 / draws
			said[s] = float64(p)
		}
		sum := 0.0
		for _, a := range arms {
			if sum += said[a]; math.Abs(share[a]-said[a]) > 2.0/draws {
				t.Fatalf("%s: propensity %g, taken in %g", a, said[a], share[a])
			}
		}
		if math.Abs(sum-1) > 4.0/draws || said[least] < 1-float64(epsilon)-1e-6 {
			t.Fatalf("propensities %v sum up to %g, epsilon %g, least %s", said, sum, epsilon, least)
		}
	})
}

func TestWithoutLeaveToActItIsTheLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		allowed, loss := anyAllowed().Draw(t, "allowed"), anyLosses().Draw(t, "loss")
		w := learn.Weights{Acting: rapid.Bool().Draw(t, "acting")}
		if !w.Acting {
			w.Epsilon = 0.01
		}
		s, p := w.Choose(allowed, &loss, rapid.Float32Range(0, 0.999999).Draw(t, "u"))
		if s != learn.Least(allowed, &loss) || p != 1 {
			t.Fatalf("%s with propensity %g, want the least with 1", s, p)
		}
		for _, a := range arms {
			if allowed.Has(a) && loss[a] < loss[s] {
				t.Fatalf("%s (%g) is not the least, %s is (%g)", s, loss[s], a, loss[a])
			}
		}
	})
}

func TestTheEdgesOfAChoice(t *testing.T) {
	nan := float32(math.NaN())
	w := learn.Weights{Acting: true, Epsilon: 0.01}
	for _, c := range []struct {
		name    string
		allowed route.Set
		loss    losses
		u       float32
		want    route.Strategy
	}{
		{"nothing allowed", 0, losses{}, 0, route.Drop},
		{"only drop allowed", route.SetOf(route.Drop), losses{}, 0, route.Drop},
		{"drop is not an arm", route.SetOf(route.Batch, route.Drop), losses{3: 1, 4: -1}, 0.9999, route.Batch},
		{"one arm, whatever u", route.SetOf(route.Spawn), losses{}, 0.9999, route.Spawn},
		{"equals", route.SetOf(arms...), losses{}, 0, route.Inline},
		{"no number is last", route.SetOf(arms...), losses{nan, 0.5, nan, 0.6}, 0, route.Spawn},
		{"no number is never explored", route.SetOf(arms...), losses{nan, 0.5, nan, 0.6}, 0.9999, route.Batch},
		{"only such", route.SetOf(route.Spawn, route.Batch), losses{1: nan, 3: nan}, 0.9999, route.Spawn},
		{"the draw is past the end", route.SetOf(arms...), losses{}, 1, route.Inline},
	} {
		if s, p := w.Choose(c.allowed, &c.loss, c.u); s != c.want || !(p > 0 && p <= 1) {
			t.Errorf("%s: %s with propensity %g, want %s", c.name, s, p, c.want)
		}
	}
}

// An arm that comes near the least is tried more often than one that does not.
func TestExplorationPrefersNearArms(t *testing.T) {
	w := learn.Weights{Acting: true, Epsilon: 0.01}
	loss := losses{0.30, 0.32, 0.60, 1.0}
	said := map[route.Strategy]float32{}
	for i := range 100_000 {
		s, p := w.Choose(route.SetOf(arms...), &loss, float32(i)/100_000)
		said[s] = p
	}
	if !(said[route.Spawn] > 5*said[route.CPUPool] && said[route.CPUPool] > said[route.Batch] && said[route.Batch] > 0) {
		t.Errorf("propensities %v of losses %v", said, loss)
	}
}
