package capacity_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/capacity"
)

var defaults = capacity.SpawnThreshold{Base: 60_000, Step: 0.10, Budget: 200 * time.Millisecond, Factor: 1.5}

func TestTheDocumentedSequence(t *testing.T) {
	v := uint64(60_000)
	for _, want := range []uint64{66_000, 72_600, 79_860, 87_846} {
		if v = defaults.Next(v, 10, time.Second); v != want {
			t.Fatalf("up: %d, want %d", v, want)
		}
	}
	for _, want := range []uint64{86_967, 86_097, 85_236} {
		if v = defaults.Next(v, 10, 0); v != want {
			t.Fatalf("down: %d, want %d", v, want)
		}
	}
}

func TestTheEdgesOfAMove(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name    string
		t       uint64
		samples uint64
		p95     time.Duration
		want    uint64
	}{
		{"too few samples", 70_000, 9, time.Hour, 70_000},
		{"too few samples, fast", 70_000, 9, 0, 70_000},
		{"enough samples", 70_000, 10, time.Hour, 77_000},
		{"at the trigger", 70_000, 10, 300 * ms, 70_000},
		{"above the trigger", 70_000, 10, 300*ms + 1, 77_000},
		{"at the budget", 70_000, 10, 200 * ms, 70_000},
		{"below the budget", 70_000, 10, 200*ms - 1, 69_300},
		{"at the floor", 60_000, 10, 0, 60_000},
		{"near the floor", 60_100, 10, 0, 60_000},
		{"at the ceiling", 600_000, 10, time.Hour, 600_000},
		{"near the ceiling", 599_999, 10, time.Hour, 600_000},
		{"under a new base", 50_000, 0, 0, 60_000},
		{"over a new base's ceiling", 700_000, 0, 0, 600_000},
	} {
		if got := defaults.Next(c.t, c.samples, c.p95); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// Whatever the settings, the threshold stays within base and ten times base, and
// never moves against the measurement.
func TestAMoveStaysInBoundsAndInDirection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := capacity.SpawnThreshold{
			Base:   rapid.Uint64Range(1, 1<<53).Draw(t, "base"),
			Step:   rapid.Float64Range(1e-9, 1).Draw(t, "step"),
			Budget: time.Duration(rapid.Int64Range(1e6, 36e11).Draw(t, "budget")),
			Factor: rapid.Float64Range(1e-9, 1000).Draw(t, "factor"),
		}
		v := rapid.Uint64Range(s.Base, 10*s.Base).Draw(t, "t")
		p95 := time.Duration(rapid.Int64Range(0, 72e11).Draw(t, "p95"))
		next := s.Next(v, 10, p95)
		if next < s.Base || next > 10*s.Base {
			t.Fatalf("%d is outside %d..%d", next, s.Base, 10*s.Base)
		}
		if up := float64(p95) > float64(s.Budget)*s.Factor; up && next < v {
			t.Fatalf("too slow, but %d fell to %d", v, next)
		} else if !up && next > v {
			t.Fatalf("not too slow, but %d rose to %d", v, next)
		}
	})
}
