// Package stats owns the small sums that turn many measurements into a few
// numbers: a [Histogram] of durations, a per-sample average ([EMA]), an average
// with a half-life in time ([HalfLife]) and exact quantiles ([NearestRank]).
//
// It must never know what is measured: no strategy, kind, job or metric name
// appears here. It has no goroutine, lock, clock or randomness. Time comes in as
// an argument, counted from any fixed start of a monotonic clock.
//
// No type here is safe for concurrent use. An owner guards each one, or keeps
// one per writer and adds them up with Merge or Absorb.
package stats
