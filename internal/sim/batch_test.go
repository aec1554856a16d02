package sim_test

import (
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
	"github.com/helixrouter/helix/route"
)

// together runs the scenario about batches.
func together(t *testing.T, load float64, seed uint64, change func(*sim.Options)) sim.Result {
	t.Helper()
	sc, err := scenario.New("batch", scenario.Options{Load: load, Cores: 2, Duration: 10 * time.Second, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	o := sim.DefaultOptions(2)
	o.Curves = sim.CurvesOf(sc)
	change(&o)
	r := ran(t, sc, o)
	if most := sc.Bound(); float64(r.Good) > most+1e-6 {
		t.Errorf("%d in time, and the bound is %.1f", r.Good, most)
	}
	return r
}

func TestLearnedBatchesBeatThoseOfTheTableAndNone(t *testing.T) {
	for _, c := range []struct{ load, overTable, overNone float64 }{{1.2, 1.01, 1.03}, {2, 1.02, 1.09}, {5, 1.05, 1.35}} {
		good := map[sim.Batching]float64{}
		for _, how := range []sim.Batching{sim.LearnedBatching, sim.AlwaysBatching, sim.NeverBatching} {
			good[how] = float64(together(t, c.load, 3, func(o *sim.Options) { o.Batching = how }).Good)
		}
		learned := good[sim.LearnedBatching]
		t.Logf("%v: %.3f times as many in time as with the table's batches, %.3f times as many as without", c.load,
			learned/good[sim.AlwaysBatching], learned/good[sim.NeverBatching])
		if learned < c.overTable*good[sim.AlwaysBatching] || learned < c.overNone*good[sim.NeverBatching] {
			t.Errorf("at %v: %v", c.load, good)
		}
	}
}

// Where cores idle nobody waits for company: the same jobs, and the same latency, as without batches.
func TestBatchesCostAnIdleMachineNothing(t *testing.T) {
	for seed := range uint64(4) {
		with := together(t, 0.1, seed, func(*sim.Options) {})
		without := together(t, 0.1, seed, func(o *sim.Options) { o.Batching = sim.NeverBatching })
		if with.P99 > without.P99+without.P99/50 || with.P50 > without.P50+without.P50/50 || with.Good != with.Offered {
			t.Errorf("seed %d: p50 %v and p99 %v, without batches %v and %v", seed, with.P50, with.P99, without.P50, without.P99)
		}
	}
}

// The kind that saves nothing says as loudly as the other that it scales.
func TestAKindWhoseHintIsWrongIsBatchedForAMomentOnly(t *testing.T) {
	batched, all := map[string]int{}, map[string]int{}
	together(t, 1.2, 1, func(o *sim.Options) {
		o.Decided = func(j *scenario.Job, d route.Decision, _ func() policy.Account) {
			if all[j.Kind]++; d.Strategy == route.Batch {
				batched[j.Kind]++
			}
		}
	})
	t.Logf("%v of %v are batched", batched, all)
	if batched["scan"] == 0 || batched["scan"] > all["scan"]/8 || batched["embed"] < all["embed"]/2 || batched["record"] > 0 {
		t.Errorf("%v of %v are batched", batched, all)
	}
}

// No run passes the bound, whatever its batches cost and whoever forms them.
func TestNoBatchesBeatTheBound(t *testing.T) {
	for seed := range uint64(2) {
		for _, load := range []float64{0.5, 4} {
			for _, p := range []route.Policy{nil, always(route.Batch), always(route.CPUPool)} {
				together(t, load, seed, func(o *sim.Options) { o.Policy = p })
			}
		}
	}
}
