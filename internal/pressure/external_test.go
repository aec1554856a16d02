package pressure_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/pressure"
)

func mustInject(t *testing.T, tracker *pressure.Tracker, now time.Duration, source string, v float64, ttl time.Duration) {
	t.Helper()
	if err := tracker.Inject(now, source, v, ttl); err != nil {
		t.Fatal(err)
	}
}

func TestInjectionRulesUntilItExpires(t *testing.T) {
	r := newRouter()
	mustInject(t, r.tracker, r.now, "balancer", 0.75, 30*time.Second)
	mustInject(t, r.tracker, r.now, "probe", 0.5, time.Minute)
	for _, step := range []struct {
		run   time.Duration
		score float64
	}{{29900 * time.Millisecond, 0.75}, {tick, 0.5}, {29900 * time.Millisecond, 0.5}, {tick, 0}} {
		r.run(step.run, idle, nil)
		if r.snap.Score != step.score || r.snap.External != step.score || r.value(pressure.External) != step.score {
			t.Fatalf("%v in: %+v, want %g", r.now-time.Hour, r.snap, step.score)
		}
		if rules := r.snap.Ruling == pressure.External; rules != (step.score > 0) {
			t.Fatalf("%v in, %q rules", r.now-time.Hour, r.snap.Ruling)
		}
	}
}

func TestTheLargerOfExternalAndBlendIsTheScore(t *testing.T) {
	r := newRouter()
	mustInject(t, r.tracker, r.now, "probe", 0.3, time.Minute)
	r.run(time.Second, burst, nil)
	if r.snap.Ruling != pressure.Saturation || r.snap.Score <= 0.4 || r.snap.External != 0.3 {
		t.Fatalf("the blend is larger: %+v", r.snap)
	}
	mustInject(t, r.tracker, r.now, "probe", 1, time.Minute)
	r.run(tick, burst, nil)
	if r.snap.Ruling != pressure.External || r.snap.Score != 1 {
		t.Fatalf("external is larger: %+v", r.snap)
	}
}

func TestInjectRefusesWithTheNumbers(t *testing.T) {
	long := strings.Repeat("x", 65)
	for _, c := range []struct {
		source string
		v      float64
		ttl    time.Duration
		want   string
	}{
		{"", 0.5, time.Second, "1 to 64"},
		{long, 0.5, time.Second, "65 bytes"},
		{"a", math.NaN(), time.Second, "NaN"},
		{"a", math.Inf(1), time.Second, "+Inf"},
		{"a", -0.1, time.Second, "-0.1"},
		{"a", 1.5, time.Second, "1.5"},
		{"a", 0.5, 0, "0s"},
		{"a", 0.5, -time.Second, "-1s"},
		{"a", 0.5, time.Hour + 1, "1h0m0.000000001s"},
	} {
		tracker := pressure.New()
		err := tracker.Inject(0, c.source, c.v, c.ttl)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Inject(%q, %v, %v): %v, want an error with %q", c.source, c.v, c.ttl, err, c.want)
		}
		if tracker.External(0) != 0 {
			t.Errorf("Inject(%q, %v, %v) was refused and yet counts", c.source, c.v, c.ttl)
		}
	}
}

func TestSourcesAreBounded(t *testing.T) {
	tracker := pressure.New()
	for i := range 64 {
		mustInject(t, tracker, 0, fmt.Sprint("source-", i), 0.1, time.Minute)
	}
	if err := tracker.Inject(0, "one more", 0.9, time.Minute); err == nil || !strings.Contains(err.Error(), "64") {
		t.Fatalf("a 65th source: %v", err)
	}
	mustInject(t, tracker, 0, "source-7", 0.2, time.Second) // one that is known needs no place
	if v := tracker.External(0); v != 0.2 {
		t.Fatalf("external %g, want 0.2", v)
	}
	mustInject(t, tracker, time.Second, "one more", 0.9, time.Minute) // source-7 has expired
	if v := tracker.External(time.Second); v != 0.9 {
		t.Fatalf("external %g, want 0.9", v)
	}
}

func TestInjectionAtTheEndOfTheClock(t *testing.T) {
	tracker := pressure.New()
	mustInject(t, tracker, math.MaxInt64-1, "probe", 0.5, time.Hour)
	if v := tracker.External(math.MaxInt64 - 1); v != 0.5 {
		t.Fatalf("external %g, want 0.5", v)
	}
}
