package fleetsim

import (
	"time"

	"github.com/helixrouter/helix/internal/peer"
	"github.com/helixrouter/helix/route"
)

// task is a job under way.
type task struct {
	job
	node    int32
	ticket  uint32 // raised when the place is given away, and when a wait is over
	told    bool   // its sender has given it up
	expired bool   // it was dropped while it waited
	arrived time.Duration
	started time.Duration
	ran     time.Duration
	ending  peer.Ending
	report  peer.Report // that goes with the answer
	quote   route.Quote // that it was sent on, of ways that have one
}

// take returns a place for a job.
func (r *run) take(j *job, node int) int32 {
	t := int32(len(r.tasks))
	if n := len(r.free); n > 0 {
		t, r.free = r.free[n-1], r.free[:n-1]
	} else {
		r.tasks = append(r.tasks, task{})
	}
	r.tasks[t] = task{job: *j, node: int32(node), ticket: r.tasks[t].ticket + 1}
	return t
}

// give gives a place away. Events of the task that are still to come are void.
func (r *run) give(t int32) {
	r.tasks[t].ticket++
	r.free = append(r.free, t)
}
