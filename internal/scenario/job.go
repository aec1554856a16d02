package scenario

import (
	"time"

	"github.com/helixrouter/helix/route"
)

// Job is one arrival. What a router may see is what a caller would tell it: kind,
// units, budget, class, tenant and scaling. Service is the truth.
type Job struct {
	At      time.Duration // intended start, from the start of the run
	ID      uint64        // counts from 0 in the order of arrival; a retry keeps it
	Kind    string
	Units   uint64        // declared size; may be wrong
	Service time.Duration // true core time
	Budget  time.Duration // from At; 0 = none
	Class   route.Class
	Tenant  string
	Scaling float64       // how well it amortises with others, 0..1
	Attempt int           // 0 for the first, 1 for the first retry
	First   time.Duration // At of attempt 0: latency counts from here
}

// Due is when the job is late. A job without a budget never is.
func (j *Job) Due() (at time.Duration, ok bool) { return j.At + j.Budget, j.Budget > 0 }
