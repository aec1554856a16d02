package capacity

import "time"

const (
	// ShortestWait keeps callers from spinning when the backlog is nearly gone.
	ShortestWait = 10 * time.Millisecond
	// LongestWait bounds the answer: the state of things half a minute from now is
	// anybody's guess.
	LongestWait = 30 * time.Second
	// UnknownWait is the answer before anything has been measured.
	UnknownWait = time.Second
	// newestShare is the weight of the newest look at the mean run time. At a look
	// every 10 ms it follows a change within some 50 ms, and one odd job moves it by a fifth.
	newestShare = 0.2
)

// Drain predicts when a backlog will be gone: jobs over slots, times the mean
// run time of late. Completions per second would not do: on a quiet router they
// are the rate at which jobs came, not the one at which slots could do them. The
// zero value has measured nothing.
type Drain struct {
	mean  float64       // ns a job has a slot
	jobs  uint64        // completed at the last look
	time  time.Duration // of those on slots, summed
	moved time.Duration // when a job last completed or none was there
}

// Observe takes a look: how many jobs slots have completed in all, how long
// those had their slots in all, and how many are on slots or wait now.
func (d *Drain) Observe(now time.Duration, jobs uint64, slotTime time.Duration, backlog int) {
	if jobs > d.jobs {
		latest := float64(slotTime-d.time) / float64(jobs-d.jobs)
		if d.jobs == 0 {
			d.mean = latest
		}
		d.mean += newestShare * (latest - d.mean)
	}
	if jobs > d.jobs || backlog == 0 {
		d.moved = now
	}
	d.jobs, d.time = jobs, slotTime
}

// After returns when the backlog should be gone, within the bounds above. While
// nothing completes, it expects to wait as long again as it has waited already.
func (d *Drain) After(now time.Duration, backlog, width int) time.Duration {
	if backlog <= 0 {
		return ShortestWait
	}
	after := UnknownWait
	if d.jobs > 0 {
		after = time.Duration(min(d.mean*float64(backlog)/float64(max(width, 1)), float64(LongestWait)))
	}
	return min(max(after, now-d.moved, ShortestWait), LongestWait)
}
