package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
)

// BenchmarkRun is the speed of the simulator: jobs a second of wall time.
func BenchmarkRun(b *testing.B) {
	for _, name := range []string{"steady", "mixed", "retry-storm"} {
		for _, load := range []float64{0.9, 5} {
			for _, policy := range []string{helix.PolicyThreshold, helix.PolicyAdaptive} {
				b.Run(fmt.Sprintf("%s/%s/%v", policy, name, load), func(b *testing.B) { simulate(b, policy, name, load) })
			}
		}
	}
}

func simulate(b *testing.B, policy, name string, load float64) {
	s, err := scenario.New(name, scenario.Options{Load: load, Cores: 2, Duration: 10 * time.Second, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	o := sim.DefaultOptions(2)
	o.Config.Policy = policy
	jobs := 0
	for b.Loop() {
		r, err := sim.Run(s, o)
		if err != nil {
			b.Fatal(err)
		}
		jobs += r.Offered
	}
	b.ReportMetric(float64(jobs)/b.Elapsed().Seconds(), "jobs/s")
}
