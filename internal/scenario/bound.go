package scenario

import "github.com/helixrouter/helix/internal/bound"

// Bound is how many of the jobs could at most finish inside their budgets. A retry
// is late when its first attempt is, so that first attempts are the jobs, and each
// could be the one that succeeds.
//
// A job that can be batched counts with the least core time that it can be charged with, its part of a batch of
// MaxBatch. That is a bound as well: of a batch of n jobs, m of which are in time, those m can share its core time so
// that each has at least its least, as n <= MaxBatch and m <= n; and the batch runs inside the windows of all m,
// since it starts when the last has come and ends before the first is late. It is a loose one where jobs come too seldom for full batches.
func (s *Scenario) Bound() float64 {
	var jobs []bound.Job
	for j := range s.Jobs() {
		due, ok := j.Due()
		if !ok {
			due = bound.Never
		}
		jobs = append(jobs, bound.Job{Release: j.At, Due: due, Work: s.Least(&j)})
	}
	steps := []bound.Step{{From: 0, Cores: s.Cores(0)}}
	for at, ok := s.NextCores(0); ok; at, ok = s.NextCores(at) {
		steps = append(steps, bound.Step{From: at, Cores: s.Cores(at)})
	}
	return bound.Finished(jobs, steps)
}
