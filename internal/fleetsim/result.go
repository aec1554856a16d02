package fleetsim

import (
	"slices"
	"time"

	"github.com/helixrouter/helix/internal/stats"
)

// Result is what became of a run. Offered = InTime + Late + Refused + Expired + Lost.
type Result struct {
	Way      string
	Capacity float64 // core seconds a second that the nodes give, those left out that never answer
	Offered  int     // jobs
	InTime   int     // with a result inside their budgets
	Late     int     // with one after them
	Refused  int     // at the door of a node, or because no node could take them
	Expired  int     // waited past their budgets on a node
	Lost     int     // without an answer, ever

	// The sojourn is from arrival to result. A job without one counts with its budget: so long its caller
	// has waited, or would have. The delay is the sojourn less what the job takes on a node of full speed: all
	// that a better choice could save.
	P50, P99           time.Duration
	DelayP50, DelayP99 time.Duration
}

// Share is how many of the jobs were in time.
func (r *Result) Share() float64 {
	if r.Offered == 0 {
		return 0
	}
	return float64(r.InTime) / float64(r.Offered)
}

// tally counts a run.
type tally struct {
	offered, inTime, late, refused, expired, lost int

	sojourns, delays []time.Duration // all of them: a histogram's buckets are as wide as what is to be told apart
}

func (y *tally) done(j *job, sojourn time.Duration) {
	if sojourn <= j.budget {
		y.inTime++
	} else {
		y.late++
	}
	y.observe(j, sojourn)
}

func (y *tally) without(j *job) {
	y.observe(j, j.budget)
}

func (y *tally) observe(j *job, sojourn time.Duration) {
	y.sojourns, y.delays = append(y.sojourns, sojourn), append(y.delays, max(sojourn-j.service, 0))
}

func (y *tally) result(way string) Result {
	slices.Sort(y.sojourns)
	slices.Sort(y.delays)
	return Result{
		Way: way, Offered: y.offered, InTime: y.inTime, Late: y.late, Refused: y.refused, Expired: y.expired, Lost: y.lost,
		P50: quantile(y.sojourns, 0.50), P99: quantile(y.sojourns, 0.99),
		DelayP50: quantile(y.delays, 0.50), DelayP99: quantile(y.delays, 0.99),
	}
}

// quantile is 0 where nothing was offered.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return stats.NearestRank(sorted, q)
}
