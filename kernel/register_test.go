package kernel_test

import (
	"context"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/kernel"
)

func registered(t *testing.T) *helix.Router {
	t.Helper()
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := kernel.Register(r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRegisteredKindsGiveTheGoldens(t *testing.T) {
	r := registered(t)
	for _, c := range []struct {
		job  helix.Job
		want helix.Output
	}{
		{helix.Job{Kind: "HashMix", Inputs: []uint64{42, 100}, ComputeCost: 1000}, helix.U64(10216004649843298165)},
		{helix.Job{Kind: "PrimeCount", ComputeCost: 60_000}, helix.U64(6057)},
		{helix.Job{Kind: "MonteCarloRisk", ID: 1, Inputs: []uint64{100, 200, 300}, ComputeCost: 20_000}, helix.F64(-0.044513253216794044)},
		// At and above the batch threshold, with the scaling that chooses batch.
		{helix.Job{Kind: "PrimeCount", ComputeCost: 300_000, ScalingPotential: 1}, helix.U64(22044)},
		{helix.Job{Kind: "MonteCarloRisk", ID: 42, Inputs: []uint64{1, 2, 3}, ComputeCost: 2_000_000, ScalingPotential: 1}, helix.F64(-0.044016361665495836)},
	} {
		got, err := r.Submit(t.Context(), c.job)
		if err != nil || len(got) != 1 || got[0] != c.want {
			t.Errorf("%+v: %v, %v; want [%v]", c.job, got, err, c.want)
		}
	}
}

func TestRegisterTwiceNamesEveryKind(t *testing.T) {
	if err := kernel.Register(registered(t)); err == nil {
		t.Error("registered the same names twice")
	}
}
