package capacity

import "time"

// The periods of the control loop, of the live router and of a simulated one.
const (
	// BusyTick is the period while jobs come. A look costs some 10 us, 0.1 % of a
	// core; a longer period would answer sheds with an older RetryAfter.
	BusyTick = 10 * time.Millisecond
	// IdleTick is the period while none come: often enough for pressure to decay
	// smoothly and for injected pressure to expire in time, cheap enough to forget.
	IdleTick = 100 * time.Millisecond
	// AdaptEvery is the period of the adaptive spawn threshold.
	AdaptEvery = 10 * time.Second
)
