package pressure

import (
	"fmt"
	"math"
	"time"
)

// The bounds of what may be injected.
const (
	// MaxSources bounds the memory that callers can make the tracker hold. A few
	// monitors report pressure, not hundreds.
	MaxSources = 64

	// MaxSourceBytes is room for a host name or a UUID with a prefix.
	MaxSourceBytes = 64

	// MaxTTL is the longest that a value may hold without being repeated. A
	// reporter that died must not keep the router shedding for a day.
	MaxTTL = time.Hour
)

// injection is what one source said last.
type injection struct {
	value float64
	until time.Duration // it counts before this instant
}

// Inject sets the external pressure v of source until ttl has passed. A later
// value of the same source replaces it. The error names the number at fault.
func (t *Tracker) Inject(now time.Duration, source string, v float64, ttl time.Duration) error {
	if err := checkInjection(source, v, ttl); err != nil {
		return err
	}
	if _, known := t.external[source]; !known && !t.makeRoom(now) {
		return fmt.Errorf("pressure: %d sources are live, the most allowed; source %q must wait until one of them expires",
			MaxSources, source)
	}
	if t.external == nil {
		t.external = make(map[string]injection)
	}
	until := now + ttl
	if until < now { // past the end of the clock, after 292 years
		until = math.MaxInt64
	}
	t.external[source] = injection{value: v, until: until}
	return nil
}

// External returns the largest injected value that has not expired at now; 0
// when there is none.
func (t *Tracker) External(now time.Duration) float64 {
	var largest float64
	for _, in := range t.external {
		if now < in.until {
			largest = max(largest, in.value)
		}
	}
	return largest
}

// FullFor returns how long some source will still say 1, if none says more: as
// long nothing is taken, and to come back sooner is in vain.
func (t *Tracker) FullFor(now time.Duration) time.Duration {
	var longest time.Duration
	for _, in := range t.external {
		if in.value == 1 {
			longest = max(longest, in.until-now)
		}
	}
	return longest
}

func checkInjection(source string, v float64, ttl time.Duration) error {
	switch {
	case source == "":
		return fmt.Errorf("pressure: the source is empty, want 1 to %d bytes", MaxSourceBytes)
	case len(source) > MaxSourceBytes:
		return fmt.Errorf("pressure: the source has %d bytes, want 1 to %d", len(source), MaxSourceBytes)
	case !(v >= 0 && v <= 1): // also NaN
		return fmt.Errorf("pressure: value %v from %q, want a number in 0..1", v, source)
	case ttl <= 0 || ttl > MaxTTL:
		return fmt.Errorf("pressure: ttl %v from %q, want more than 0 and at most %v", ttl, source, MaxTTL)
	}
	return nil
}

// makeRoom reports whether one more source may come in. Expired ones give up
// their places when they are needed.
func (t *Tracker) makeRoom(now time.Duration) bool {
	if len(t.external) < MaxSources {
		return true
	}
	for source, in := range t.external {
		if now >= in.until {
			delete(t.external, source)
		}
	}
	return len(t.external) < MaxSources
}
