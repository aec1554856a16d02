package study

import (
	"strings"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
)

// sized marks a policy that has as many slots as cores and no busy gate: the pool
// as one would set it up by hand, beside the defaults, whose eight slots on two
// cores share them and whose gate leaves the queue unused.
const sized = "-sized"

// What the adaptive policy is without its learned batches: with batches of whatever the table sends there,
// and without batches.
const (
	alwaysBatch = "-always-batch"
	neverBatch  = "-never-batch"
)

// Policies lists what can be simulated: what a configuration can name, with the
// default bounds and sized, and the adaptive policy without a part of it.
func Policies() []string {
	return []string{
		helix.PolicyAdaptive, helix.PolicyThreshold, helix.PolicyThreshold + sized,
		helix.PolicyAdaptive + alwaysBatch, helix.PolicyAdaptive + neverBatch,
	}
}

// options are those of one of the Policies on the jobs of a scenario, with some settings of their
// configuration changed.
func options(name string, s *scenario.Scenario, cores int, settings helix.ConfigPatch) (sim.Options, error) {
	o := sim.DefaultOptions(cores)
	o.Curves = sim.CurvesOf(s)
	switch {
	case strings.HasSuffix(name, alwaysBatch):
		o.Batching = sim.AlwaysBatching
	case strings.HasSuffix(name, neverBatch):
		o.Batching = sim.NeverBatching
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, alwaysBatch), neverBatch)
	policy, fits := strings.CutSuffix(name, sized)
	o.Config.Policy = policy
	if fits {
		o.Config.CPUParallelism = cores
		o.Config.BackpressureBusyThreshold = cores + 1
	}
	c, err := settings.Apply(o.Config)
	if err != nil {
		return o, err
	}
	o.Config = c
	return o, nil
}
