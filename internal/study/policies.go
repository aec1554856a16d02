package study

import (
	"strings"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/sim"
)

// sized marks a policy that has as many slots as cores and no busy gate: the pool
// as one would set it up by hand, beside the defaults, whose eight slots on two
// cores share them and whose gate leaves the queue unused.
const sized = "-sized"

// Policies lists what can be simulated: what a configuration can name, with the
// default bounds and sized.
func Policies() []string {
	return []string{helix.PolicyAdaptive, helix.PolicyThreshold, helix.PolicyThreshold + sized}
}

// options are those of one of the Policies, with some settings of their configuration changed.
func options(name string, cores int, settings helix.ConfigPatch) (sim.Options, error) {
	o := sim.DefaultOptions(cores)
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
