package bound

import (
	"math"
	"time"
)

// Never is the due time of a job that is never late.
const Never = time.Duration(math.MaxInt64)

// Job is what the bound knows of a job.
type Job struct {
	Release time.Duration // it cannot run before
	Due     time.Duration // it must be finished by then; Never = at any time
	Work    time.Duration // the least core time that it takes
}

// Step says how many cores there are from a time on, until the next step.
type Step struct {
	From  time.Duration
	Cores float64
}

// possible reports whether the job could finish on a core of its own: no schedule
// runs one job on two cores at a time.
func (j *Job) possible() bool { return j.Work <= j.Due-j.Release }
