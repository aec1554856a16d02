package sim

import (
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/route"
)

// Result is what became of a run. Offered = Good + Late + Shed + Expired.
type Result struct {
	Offered   int     // jobs; retries are attempts of the same job
	Good      int     // finished inside their budgets
	Late      int     // finished after them
	Shed      int     // refused, at the last attempt
	Expired   int     // waited past their budgets and never ran
	Loss      float64 // summed over the attempts: 1 for a late or refused one, else its slowness, see policy.Grade
	Decisions int     // one for each attempt
	Routed    [route.NumLocal]int

	P50, P99 time.Duration // from the first arrival to the end, of the jobs that ran
	Wasted   time.Duration // core time of late jobs
	CoreTime time.Duration // what the cores had to give until End
	End      time.Duration // of the last job, or of the arrivals if that is later
	Peak     float64       // highest pressure at a tick

	Counters feedback.Counters // the recorder's, as the live router would show them
	Events   int               // what the simulator had to do, arrivals left out

	wasted float64
}

func (r *Result) pressure(score float64) { r.Peak = max(r.Peak, score) }

func (r *run) finish() Result {
	out := r.result
	out.P50, out.P99 = r.latency.Quantile(0.50), r.latency.Quantile(0.99)
	out.Wasted, out.CoreTime, out.End = time.Duration(out.wasted), time.Duration(r.cores.given), r.now
	out.wasted = 0
	out.Counters = r.recorder.Counters()
	return out
}
