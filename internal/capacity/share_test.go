package capacity_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/capacity"
)

func TestRivalsAreWhatWouldNotBeDoneMuchLater(t *testing.T) {
	s := capacity.Share{Cores: 2}
	unknown := s.Join(0, 0)
	second := s.Join(0, time.Second)
	for service, want := range map[time.Duration]int{
		0: 2, time.Second: 1, time.Hour: 1, 300 * time.Millisecond: 1, 100 * time.Millisecond: 0, time.Millisecond: 0,
	} {
		if got := s.Rivals(service); got != want {
			t.Errorf("beside a job of a second and one of unknown size, one of %v has %d rivals, want %d", service, got, want)
		}
	}
	s.Leave(0, time.Second, second)
	if got := s.Rivals(time.Second); got != 0 {
		t.Errorf("%d rivals when only work of unknown size runs", got)
	}
	s.Leave(0, 0, unknown)
	if got := s.Rivals(0); got != 0 {
		t.Errorf("%d rivals when nothing runs", got)
	}
}

func TestRivalsDoNotShrinkWithTheSizeOfAJob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := capacity.Share{Cores: 2}
		service := rapid.Map(rapid.Int64Range(1, math.MaxInt64), func(ns int64) time.Duration { return time.Duration(ns) })
		running := rapid.SliceOfN(service, 0, 20).Draw(t, "running")
		for _, r := range running {
			s.Join(0, r)
		}
		a := service.Draw(t, "a")
		b := a + (math.MaxInt64-a)/time.Duration(rapid.IntRange(1, 1000).Draw(t, "more"))
		if s.Rivals(a) > s.Rivals(b) || s.Rivals(b) > len(running) || s.Rivals(0) != len(running) {
			t.Fatalf("%v has %d rivals and %v %d of %d", a, s.Rivals(a), b, s.Rivals(b), len(running))
		}
		equal := 0
		for _, r := range running {
			if r <= a {
				equal++
			}
		}
		if s.Rivals(a) < equal {
			t.Fatalf("%d rivals of %v, and %d are no larger", s.Rivals(a), a, equal)
		}
	})
}

// shared is a job of the brute-force twin.
type shared struct {
	service, joinedAt, served time.Duration
	joined, exact             float64
}

// What a job is told that it had is what it would have had if, at each moment, everything
// that ran had got the same: one core each at most.
func TestTheCoreTimeOfAJobIsThatOfEvenSharing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cores := rapid.Float64Range(0.5, 8).Draw(t, "cores")
		s, now, running := capacity.Share{Cores: cores}, time.Duration(0), []*shared(nil)
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			dt := time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "dt"))
			now += dt
			for _, j := range running {
				j.exact += float64(dt) * min(1, cores/float64(len(running)))
			}
			if len(running) == 0 || rapid.Bool().Draw(t, "join") {
				j := &shared{service: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "service")), joinedAt: now}
				j.joined = s.Join(now, j.service)
				running = append(running, j)
				continue
			}
			i := rapid.IntRange(0, len(running)-1).Draw(t, "who")
			j := running[i]
			running = append(running[:i], running[i+1:]...)
			j.served = s.Leave(now, j.service, j.joined)
			if diff := float64(j.served) - j.exact; diff > 2 || diff < -2 {
				t.Fatalf("%v, want %v of %v", j.served, time.Duration(j.exact), now-j.joinedAt)
			}
			if j.served > now-j.joinedAt+1 {
				t.Fatalf("%v of core time in %v", j.served, now-j.joinedAt)
			}
		}
	})
}

func TestAClockThatStandsStillGivesNoCoreTime(t *testing.T) {
	s := capacity.Share{Cores: 1}
	a := s.Join(time.Second, time.Millisecond)
	b := s.Join(0, time.Millisecond) // a look at the clock from before another one's
	if got := s.Leave(time.Second, time.Millisecond, a); got != 0 {
		t.Errorf("%v in no time", got)
	}
	if got := s.Leave(2*time.Second, time.Millisecond, b); got != time.Second {
		t.Errorf("%v, want the second in which it was alone", got)
	}
}
