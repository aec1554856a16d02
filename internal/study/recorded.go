package study

import (
	"fmt"
	"math"
	"slices"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/sim"
	"github.com/helixrouter/helix/route"
	"github.com/helixrouter/helix/workload"
)

// recordedName is the row of what was decided when the log was written.
const recordedName = "recorded"

// recorded reports whether every job of the log has what was decided then.
func (p *Replay) recorded() bool {
	return !slices.ContainsFunc(p.Log, func(e workload.Entry) bool { return e.Decided == nil })
}

// trace is the log as jobs to come.
func (p *Replay) trace() []workload.Record {
	records := make([]workload.Record, len(p.Log))
	for i := range p.Log {
		records[i] = p.Log[i].Record
	}
	return records
}

// recordedRow sums up what became of the jobs when they were logged.
func recordedRow(log []workload.Entry) (row ReplayedPolicy, went []route.Strategy) {
	row.Policy, row.Jobs = recordedName, len(log)
	var sojourns []float64
	good := 0
	for i := range log {
		e := &log[i]
		went = append(went, e.Decided.Strategy)
		if e.Decided.Outcome.Ran() {
			sojourns = append(sojourns, e.Decided.WaitSeconds+e.Decided.RunSeconds)
		}
		switch {
		case e.InTime():
			good++
		case e.Decided.Outcome == helix.Shed:
			row.Shed++
		case e.Decided.Outcome == helix.Expired:
			row.Expired++
		case e.Decided.Outcome == helix.Done:
			row.Late++
		}
	}
	row.Goodput = float64(good) / float64(max(len(log), 1))
	if slices.Sort(sojourns); len(sojourns) > 0 {
		row.P99Seconds = sojourns[int(math.Ceil(0.99*float64(len(sojourns))))-1]
	}
	return row, went
}

func recordedAnswer(e *workload.Entry) Answered {
	d := e.Decided
	return Answered{recordedName, d.Strategy, d.Reason, fmt.Sprintf("%s #%d: %s, since %s; it ended %s", e.Kind, e.ID, d.Strategy, d.Reason.Explanation(), d.Outcome)}
}

// batchable are the kinds that a log has batches of. What a batch of them saves is not in it:
// here it costs what its jobs do.
func batchable(log []workload.Entry) map[string]sim.Curve {
	curves := map[string]sim.Curve{}
	for i := range log {
		if d := log[i].Decided; d != nil && d.Strategy == route.Batch {
			curves[log[i].Kind] = sim.Curve{Share: 1}
		}
	}
	return curves
}
