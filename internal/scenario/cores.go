package scenario

import "time"

// Cores returns how many cores there are at a time: those of the options, but for
// stolen-cores, where half of them are away for the middle third of the run.
func (s *Scenario) Cores(at time.Duration) float64 {
	cores := float64(s.options.Cores)
	begin, end := s.theft()
	if at >= begin && at < end {
		return float64(cores * (1 - s.plan.stolen))
	}
	return cores
}

// NextCores returns when Cores changes next after at, and whether it does.
func (s *Scenario) NextCores(at time.Duration) (next time.Duration, ok bool) {
	begin, end := s.theft()
	switch {
	case begin == end || at >= end:
		return 0, false
	case at < begin:
		return begin, true
	default:
		return end, true
	}
}

// theft is when cores are away; nothing when the two are equal.
func (s *Scenario) theft() (begin, end time.Duration) {
	if s.plan.stolen == 0 {
		return 0, 0
	}
	return s.options.Duration / 3, s.options.Duration / 3 * 2
}
