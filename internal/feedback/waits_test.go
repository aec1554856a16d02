package feedback_test

import (
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/route"
)

func TestADelayStandsWhenNoJobEscapesIt(t *testing.T) {
	r := feedback.NewSingleRecorder(0.15)
	var s feedback.Standing
	started := func(from, to time.Duration, queued int, waits ...time.Duration) {
		for now := from; now < to; now += 10 * ms {
			for _, w := range waits {
				r.Record(&route.Outcome{Strategy: route.CPUPool, Wait: w, Run: ms})
			}
			s.Look(now, r, queued)
		}
	}
	started(0, 250*ms, 5, 80*ms, 30*ms)
	if got := s.Queue(); got != 30*ms {
		t.Errorf("of waits of 80 and 30 ms %v stands", got)
	}
	started(250*ms, 450*ms, 5, 80*ms, 0)
	if got := s.Queue(); got != 0 {
		t.Errorf("%v stands, and jobs started at once", got)
	}
	started(450*ms, 650*ms, 5, 40*ms)
	started(650*ms, 900*ms, 5)
	if got := s.Queue(); got != 40*ms {
		t.Errorf("%v stands while jobs wait and none starts, want 40ms as before", got)
	}
	started(900*ms, 1200*ms, 0)
	if got := s.Queue(); got != 0 {
		t.Errorf("%v stands in an empty queue", got)
	}
}

func TestWhatAnArmTakesAtLeastIsRememberedForAWhile(t *testing.T) {
	r := feedback.NewSingleRecorder(0.15)
	var s feedback.Standing
	look := func(now, wait time.Duration) time.Duration {
		r.Record(&route.Outcome{Strategy: route.Spawn, Wait: wait, Run: ms})
		s.Look(now, r, 0)
		return s.Overheads()[route.Spawn]
	}
	if got := look(time.Second, 3*time.Microsecond); got != 3*time.Microsecond {
		t.Errorf("%v", got)
	}
	for now := 2 * time.Second; now < 20*time.Second; now += time.Second {
		if got := look(now, ms); got != 3*time.Microsecond {
			t.Errorf("%v after %v, want the least", got, now)
		}
	}
	for now := 20 * time.Second; now < 35*time.Second; now += time.Second {
		look(now, ms)
	}
	if got := s.Overheads(); got[route.Spawn] != ms || got[route.CPUPool] != 0 {
		t.Errorf("%v after half a minute of 1ms", got)
	}
}
