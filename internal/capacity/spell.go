package capacity

import "time"

const (
	// oddsOfOver is by how many times it has lasted so far a spell is given to end. Where nothing is known
	// of how long spells last, one that has lasted t lasts longer than (1+m)t with probability
	// 1/(1+m): at 4, four of five are over.
	oddsOfOver = 4
	// leastSpell is what a spell is taken to have lasted when it begins: one that is a tick old says
	// nothing yet, and who comes back within a second meets the same crowd.
	leastSpell = 500 * time.Millisecond
	// lull is for how long nothing happens before a spell is over.
	lull = time.Second
)

// Spell follows a time in which something keeps happening, and says when it will be over.
// The zero value has seen nothing. Not safe for concurrent use.
type Spell struct {
	count      uint64
	since, now time.Duration
	last       time.Duration // that something happened
	under      bool          // there was a spell at the last look
}

// Observe takes in how often it has happened so far.
func (s *Spell) Observe(now time.Duration, count uint64) {
	happened := count > s.count
	s.count, s.now = count, now
	switch {
	case happened && !s.Under():
		s.since, s.last, s.under = now, now, true
	case happened:
		s.last = now
	case !s.Under():
		s.under = false
	}
}

// Under reports whether a spell is under way.
func (s *Spell) Under() bool { return s.under && s.now-s.last < lull }

// After is how long to stay away for the spell to be over with odds of four to one; 0 if there is none.
func (s *Spell) After() time.Duration {
	if !s.Under() {
		return 0
	}
	return min(oddsOfOver*max(s.now-s.since, leastSpell), LongestWait)
}
