package scenario

import "time"

// A naive client waits 20 to 100 ms and tries again: too short for a backlog to
// go, and blind to the RetryAfter it was given.
const (
	retryLeast = 20 * time.Millisecond
	retryMost  = 100 * time.Millisecond
)

// Retry returns the arrival that follows a refusal of j at refusedAt, if there is
// one. The client's patience is the budget of the first attempt: a retry is late
// when the first attempt would have been, so its own budget is what is left. The
// wait depends on seed, job and attempt alone, not on the order of the calls.
func (s *Scenario) Retry(j Job, refusedAt time.Duration) (Job, bool) {
	if j.Attempt >= s.plan.retries {
		return Job{}, false
	}
	bits := newSource(s.options.Seed^j.ID*0x9e3779b97f4a7c15, retryStream+uint64(j.Attempt))
	due, budgeted := j.Due()
	j.At = refusedAt + retryLeast + time.Duration(bits.below(uint64(retryMost-retryLeast)+1))
	j.Attempt++
	if budgeted {
		if j.At >= due {
			return Job{}, false
		}
		j.Budget = due - j.At
	}
	return j, true
}
