// Package estimate owns the answer to one question: how long does a job of this kind
// run, alone on a core, if it declares so many units? A [Model] learns it from jobs that
// have run, and hands out a [Curve] to predict with.
//
// It must never know what a prediction is used for, where a job ran or how long it
// waited: callers take contention out of what they observe, and do not observe work that
// was cancelled. It has no clock, lock, goroutine or randomness.
//
// # The law
//
// Sizes and times spread over decades and errors are factors, so all of it happens in
// binary logarithms: log2 S = a + b log2 u, S the service time in ns and u the
// declared units. b = 1 is "a unit has a price", b = 0 "the units mean nothing".
package estimate
