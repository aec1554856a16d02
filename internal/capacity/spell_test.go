package capacity_test

import (
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/capacity"
)

func TestASpellIsGivenFourTimesWhatItHasLasted(t *testing.T) {
	var s capacity.Spell
	s.Observe(0, 0)
	if s.Under() || s.After() != 0 {
		t.Errorf("nothing has happened, and %v", s.After())
	}
	for at, want := range map[time.Duration]time.Duration{
		10 * time.Millisecond: 2 * time.Second, // it has just begun
		2 * time.Second:       8 * time.Second,
		time.Minute:           capacity.LongestWait,
	} {
		var s capacity.Spell
		n := uint64(0)
		for now := time.Duration(0); now <= at; now += 10 * time.Millisecond {
			n++
			s.Observe(now, n)
		}
		if got := s.After(); got != want {
			t.Errorf("after %v: %v, want %v", at, got, want)
		}
		s.Observe(at+990*time.Millisecond, n)
		if !s.Under() {
			t.Error("a pause ends it too soon")
		}
		s.Observe(at+time.Second, n)
		if s.Under() || s.After() != 0 {
			t.Errorf("a second without is not the end: %v", s.After())
		}
		s.Observe(at+2*time.Second, n+1)
		if got := s.After(); got != 2*time.Second {
			t.Errorf("a new spell: %v", got)
		}
	}
}
