package helix

import (
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// ChooseStrategy is the documented table as a pure function: where the job goes
// when cpuBusy pool slots are taken and nothing else is known. First match wins:
//
//	cpuBusy >= backpressure_busy_threshold   scaling >= 0.65: batch, else drop
//	cost <= inline_threshold                 inline
//	cost < spawn_threshold                   spawn
//	scaling >= 0.70                          batch
//	otherwise                                cpu_pool
func ChooseStrategy(c Config, j Job, cpuBusy int) Strategy {
	table := policy.Threshold{InlineThreshold: c.InlineThreshold, BusyThreshold: c.BackpressureBusyThreshold}
	s, _ := table.Row(j.ComputeCost, float32(j.ScalingPotential), cpuBusy, c.SpawnThreshold, allStrategies)
	return s
}

const allStrategies = route.Set(1<<route.NumStrategies - 1)
