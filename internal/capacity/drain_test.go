package capacity_test

import (
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/capacity"
	"pgregory.net/rapid"
)

const ms = time.Millisecond

func TestDrainIsBacklogTimesMeanRunOverSlots(t *testing.T) {
	var d capacity.Drain
	d.Observe(1*ms, 10, 500*ms, 0) // 50 ms each
	d.Observe(2*ms, 10, 500*ms, 20)
	if got := d.After(2*ms, 20, 4); got != 250*ms {
		t.Errorf("20 jobs of 50 ms on 4 slots: %v, want 250ms", got)
	}
}

func TestDrainKnowsTheRunTimeAfterALongIdleTime(t *testing.T) {
	var d capacity.Drain
	d.Observe(1*ms, 10, 500*ms, 0)
	d.Observe(time.Hour, 10, 500*ms, 0)
	d.Observe(time.Hour+10*ms, 10, 500*ms, 20)
	if got := d.After(time.Hour+10*ms, 20, 20); got != 50*ms {
		t.Errorf("20 jobs of 50 ms on 20 slots: %v, want 50ms", got)
	}
}

func TestDrainExpectsAStandstillToLast(t *testing.T) {
	var d capacity.Drain
	d.Observe(1*ms, 10, 500*ms, 8)
	d.Observe(5001*ms, 10, 500*ms, 8)
	if got := d.After(5001*ms, 8, 8); got != 5*time.Second {
		t.Errorf("after 5 s without a completion: %v, want 5s", got)
	}
}

func TestDrainFollowsAChange(t *testing.T) {
	var d capacity.Drain
	jobs, spent := uint64(0), time.Duration(0)
	for i := range 60 {
		run := 10 * ms
		if i >= 30 {
			run = 100 * ms
		}
		jobs, spent = jobs+1, spent+run
		d.Observe(time.Duration(i)*10*ms, jobs, spent, 1)
	}
	if got := d.After(590*ms, 1, 1); got < 95*ms || got > 100*ms {
		t.Errorf("30 looks after runs went from 10 to 100 ms: %v, want about 100ms", got)
	}
}

func TestDrainStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d capacity.Drain
		var now, spent time.Duration
		var jobs uint64
		for range rapid.IntRange(0, 20).Draw(t, "looks") {
			now += time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "pause"))
			n := rapid.Uint64Range(0, 1000).Draw(t, "jobs")
			jobs, spent = jobs+n, spent+time.Duration(n)*time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "run"))
			d.Observe(now, jobs, spent, rapid.IntRange(0, 1<<20).Draw(t, "backlog"))
		}
		got := d.After(now, rapid.IntRange(-1, 1<<20).Draw(t, "backlog"), rapid.IntRange(0, 4096).Draw(t, "width"))
		if got < capacity.ShortestWait || got > capacity.LongestWait {
			t.Fatalf("%v is outside the bounds", got)
		}
	})
}

func TestSpawnThresholdFollowsTheDocumentedSequence(t *testing.T) {
	s := capacity.SpawnThreshold{Base: 60_000, Step: 0.10, Budget: 200 * ms, Factor: 1.5}
	at := uint64(60_000)
	for _, step := range []struct {
		p95  time.Duration
		want uint64
	}{
		{301 * ms, 66_000}, {301 * ms, 72_600}, {301 * ms, 79_860}, {301 * ms, 87_846},
		{300 * ms, 87_846}, {200 * ms, 87_846},
		{199 * ms, 86_967}, {199 * ms, 86_097}, {199 * ms, 85_236},
	} {
		if at = s.Next(at, 10, step.p95); at != step.want {
			t.Fatalf("at p95 %v: %d, want %d", step.p95, at, step.want)
		}
	}
	if got := s.Next(at, 9, time.Hour); got != at {
		t.Errorf("9 samples moved it to %d", got)
	}
}

func TestSpawnThresholdStaysBetweenBaseAndTenTimesBase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := capacity.SpawnThreshold{
			Base:   rapid.Uint64Range(1, 1<<53).Draw(t, "base"),
			Step:   rapid.Float64Range(0.001, 1).Draw(t, "step"),
			Budget: 200 * ms, Factor: 1.5,
		}
		at := s.Base
		for range 50 {
			at = s.Next(at, 10, time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "p95")))
			if at < s.Base || at > 10*s.Base {
				t.Fatalf("%d is outside of %d and ten times that", at, s.Base)
			}
		}
	})
}
