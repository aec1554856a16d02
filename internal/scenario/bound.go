package scenario

import "github.com/helixrouter/helix/internal/bound"

// Bound is how many of the jobs could at most finish inside their budgets. A retry
// is late when its first attempt is, so that first attempts are the jobs, and each
// could be the one that succeeds. No scenario has jobs that cost less in a batch; if one
// had, its least cost would be the work that counts.
func (s *Scenario) Bound() float64 {
	var jobs []bound.Job
	for j := range s.Jobs() {
		due, ok := j.Due()
		if !ok {
			due = bound.Never
		}
		jobs = append(jobs, bound.Job{Release: j.At, Due: due, Work: j.Service})
	}
	steps := []bound.Step{{From: 0, Cores: s.Cores(0)}}
	for at, ok := s.NextCores(0); ok; at, ok = s.NextCores(at) {
		steps = append(steps, bound.Step{From: at, Cores: s.Cores(at)})
	}
	return bound.Finished(jobs, steps)
}
