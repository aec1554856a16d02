package study

import (
	"github.com/helixrouter/helix/internal/report"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
)

// Row makes the row of a simulated run.
func Row(policy string, s *scenario.Scenario, r *sim.Result, most float64) report.Row {
	o := s.Options()
	t := report.Tally{
		Offered: r.Offered, Good: r.Good, Late: r.Late, Shed: r.Shed, Expired: r.Expired,
		Bound: most, P50: r.P50, P99: r.P99, Wasted: r.Wasted, CoreTime: r.CoreTime,
		Decisions: r.Decisions, Duration: o.Duration,
	}
	return t.Row(policy, s.Name, o.Load, o.Cores)
}
