package peer

import "time"

const (
	// breakAfter is how many failures in a row open a breaker. One or two come from a job that was too long for its
	// budget; at ten, a machine that hangs takes ten callers' time each time that it is tried.
	breakAfter = 5
	// breakFirst is how long a breaker is open first; each trial that fails doubles it up to
	// breakMost, so that a machine that is gone for an hour costs a job every half minute.
	breakFirst = time.Second
	breakMost  = 32 * time.Second
)

// breaker leaves a peer alone that gives no answers. The zero breaker is closed.
type breaker struct {
	failures int           // in a row
	pause    time.Duration // of the last opening; 0 = it is closed
	until    time.Duration // when it is half open
	trial    bool          // a job is under way that decides
	why      string        // the last failure
}

// ready reports whether a job may be sent, as the trial of a breaker that is half open too.
func (b *breaker) ready(now time.Duration) bool {
	return b.pause == 0 || now >= b.until && !b.trial
}

func (b *breaker) sent() {
	if b.pause > 0 {
		b.trial = true
	}
}

func (b *breaker) succeed() { *b = breaker{} }

// forget ends a trial that said nothing.
func (b *breaker) forget() { b.trial = false }

func (b *breaker) fail(now time.Duration, why string) {
	b.failures++
	b.why = why
	switch {
	case b.trial:
		b.open(now, 2*b.pause)
	case b.pause == 0 && b.failures >= breakAfter:
		b.open(now, breakFirst)
	}
}

// trip opens it at once: what happened will happen again.
func (b *breaker) trip(now time.Duration, why string) {
	b.why = why
	b.open(now, max(2*b.pause, breakFirst))
}

func (b *breaker) open(now, pause time.Duration) {
	b.pause = min(pause, breakMost)
	b.until = now + b.pause
	b.trial = false
}
