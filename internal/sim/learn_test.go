package sim_test

import (
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
	"github.com/helixrouter/helix/route"
)

// learned runs the office mix at half load with a learner and without, and returns which
// part of the loss is left, and the run with it.
func learned(t *testing.T, seed uint64, effect func(kind string, s route.Strategy, running int) float64) (left float64, r sim.Result) {
	t.Helper()
	sc, err := scenario.New("steady", scenario.Options{Load: 0.5, Cores: 4, Duration: time.Minute, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	o := sim.DefaultOptions(4)
	o.Effect = effect
	o.Config.Learner = "off"
	without := ran(t, sc, o)
	o.Config.Learner = "guarded"
	r = ran(t, sc, o)
	return r.Loss / without.Loss, r
}

func TestTheLearnerCostsNothingWhereThereIsNothingToLearn(t *testing.T) {
	for seed := range uint64(4) {
		if left, _ := learned(t, seed, nil); left > 1.01 {
			t.Errorf("seed %d: %.4f of the loss of the table", seed, left)
		}
	}
}

func TestTheLearnerFindsAHiddenEffect(t *testing.T) {
	for seed := range uint64(4) {
		left, r := learned(t, seed, func(kind string, s route.Strategy, _ int) float64 {
			if kind == "medium" && s == route.Spawn {
				return 0.7
			}
			return 1
		})
		if left > 0.95 {
			t.Errorf("one kind is 30 %% faster when spawned, and %.4f of the loss is left", left)
		}
		if r.Routed[route.CPUPool] < r.Offered/20 || r.Routed[route.Spawn] < r.Offered/20 {
			t.Errorf("all went one way: %v", r.Routed)
		}
	}
}

func TestTheLearnerKeepsItsGuardWhereAnArmTurnsBad(t *testing.T) {
	for seed := range uint64(4) {
		begun := 0
		left, _ := learned(t, seed, func(_ string, s route.Strategy, _ int) float64 {
			begun++
			if s == route.Spawn && begun > 10_000 { // first good, then bad
				return 1.5
			}
			if s == route.Spawn {
				return 0.7
			}
			return 1
		})
		if left > 1.05 {
			t.Errorf("seed %d: %.4f of the loss of the table", seed, left)
		}
	}
}

// A step to twice the cores ends, and a third of a second later nobody is refused any more.
func TestTheDoorIsOpenSoonAfterAStep(t *testing.T) {
	run := 20 * time.Second
	sc, err := scenario.New("step", scenario.Options{Load: 1, Cores: 2, Duration: run, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	end := run*5/13 + run*3/13 // the step takes the middle 3/13 of the run
	during, after := 0, 0
	o := sim.DefaultOptions(2)
	o.Decided = func(j *scenario.Job, d route.Decision, _ func() policy.Account) {
		switch {
		case d.Strategy != route.Drop:
		case j.At > end+300*time.Millisecond:
			after++
		case j.At > run*5/13:
			during++
		}
	}
	r := ran(t, sc, o)
	t.Logf("%d refused during the step, %d of the %d in all from 300 ms after it", during, after, r.Offered)
	if during == 0 || after > r.Offered/1000 {
		t.Errorf("%d refused during the step and %d from 300 ms after it", during, after)
	}
}
