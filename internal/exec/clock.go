package exec

import "time"

// Clock is the router's clock: nanoseconds since the router was made. One
// monotonic reading costs about half of time.Now, and durations compare as integers.
type Clock struct {
	epoch time.Time
}

// NewClock returns a clock that reads 1 ns now: an instant of 0 can mean none.
func NewClock() Clock { return Clock{epoch: time.Now().Add(-1)} }

// Now returns the time since the clock's epoch.
func (c Clock) Now() time.Duration { return time.Since(c.epoch) }

// Epoch returns the wall-clock time at which the clock read 0.
func (c Clock) Epoch() time.Time { return c.epoch }
