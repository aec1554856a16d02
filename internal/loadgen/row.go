package loadgen

import (
	"time"

	"github.com/helixrouter/helix/internal/report"
	"github.com/helixrouter/helix/internal/scenario"
)

// Row is the result as a row of the table that it shares with the simulator.
// within is its scenario's Bound.
func (r *Result) Row(s *scenario.Scenario, within float64) report.Row {
	o := s.Options()
	t := report.Tally{
		Offered: r.Offered, Good: r.Done, Late: r.Late, Shed: r.Shed, Expired: r.Expired, Failed: r.Failed,
		Bound: within, P50: r.Latency.P50, P99: r.Latency.P99, Wasted: r.Wasted, CoreTime: r.CoreTime,
		Decisions: r.Attempts, Duration: o.Duration, Lag: r.Lag.P99,
	}
	return t.Row(r.Subject, s.Name, o.Load, r.Cores)
}

// coreTime is what a stream's cores have to give until a time.
func coreTime(s Stream, until time.Duration) time.Duration {
	var sum float64 // core-ns
	from := time.Duration(0)
	for at, ok := s.NextCores(0); ok && at < until; at, ok = s.NextCores(at) {
		sum += s.Cores(from) * float64(at-from)
		from = at
	}
	return time.Duration(sum + s.Cores(from)*float64(until-from))
}
