package pressure_test

import (
	"math"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/pressure"
)

const (
	tick   = 100 * time.Millisecond
	budget = 50 * time.Millisecond
)

// load is what a router lives through during one tick.
type load struct {
	busy, queued    int
	submitted, shed uint64
	sojourn         time.Duration // of every job that was not shed
}

var (
	idle  = load{}
	burst = load{busy: 4, queued: 100, submitted: 1000, shed: 800, sojourn: 4 * budget}
	calm  = load{busy: 1, submitted: 50, sojourn: budget / 10}
)

// router feeds a tracker tick by tick, with counters that only grow.
type router struct {
	tracker *pressure.Tracker
	now     time.Duration
	in      pressure.Inputs
	snap    pressure.Snapshot
}

func newRouter() *router {
	r := &router{
		tracker: pressure.New(),
		now:     time.Hour, // no test may depend on a clock that starts at 0
		in:      pressure.Inputs{Width: 4, QueueCap: 100, LatencyBudget: budget},
	}
	r.snap = r.tracker.Update(r.now, r.in)
	return r
}

// run lives through l for d and calls each, if any, after every tick.
func (r *router) run(d time.Duration, l load, each func()) {
	for end := r.now + d; r.now < end; {
		r.now += tick
		r.in.Busy, r.in.Queued = l.busy, l.queued
		r.in.Submitted += l.submitted
		r.in.Shed += l.shed
		r.in.Completed += l.submitted - l.shed
		r.in.SojournSum += time.Duration(l.submitted-l.shed) * l.sojourn
		r.snap = r.tracker.Update(r.now, r.in)
		if each != nil {
			each()
		}
	}
}

// value returns the named signal of the newest snapshot.
func (r *router) value(name string) float64 {
	for _, s := range r.snap.Signals {
		if s.Name == name {
			return s.Value
		}
	}
	return math.NaN()
}

func (r *router) inBand(t *testing.T, name string, low, high float64) {
	t.Helper()
	if v := r.value(name); !(v >= low && v <= high) {
		t.Errorf("%s is %.4f, want %g to %g", name, v, low, high)
	}
}

func TestARestingRouterHasNoPressure(t *testing.T) {
	r := newRouter()
	r.run(time.Second, idle, nil)
	if r.snap.Score != 0 || r.snap.Ruling != pressure.None || len(r.snap.Signals) != 11 {
		t.Fatalf("at rest: %+v", r.snap)
	}
}

func TestABurstIsSeenAndForgotten(t *testing.T) {
	for _, length := range []time.Duration{tick, time.Second, 5 * time.Second, time.Minute} {
		t.Run(length.String(), func(t *testing.T) {
			r := newRouter()
			r.run(length, burst, nil)
			if r.snap.Score < 0.4 || r.snap.Ruling != pressure.Saturation {
				t.Errorf("in the burst: %+v", r.snap)
			}
			r.run(3*time.Second, idle, nil)
			r.inBand(t, pressure.Drops, 0, 1./8)
			r.inBand(t, pressure.Latency, 0, 1./8)
			r.run(7*time.Second, idle, nil)
			if r.snap.Score >= 0.05 {
				t.Errorf("10 s after the burst: %+v", r.snap)
			}
		})
	}
}

func TestLastingOverloadSettles(t *testing.T) {
	r := newRouter()
	r.run(time.Minute, burst, nil)
	r.inBand(t, pressure.Saturation, 1, 1)
	r.inBand(t, pressure.Drops, 0.79, 0.81)
	r.inBand(t, pressure.Latency, 0.99, 1)
	r.inBand(t, pressure.Trend, 0, 0.02)
	if want := 0.40 + 0.30*0.8 + 0.20; math.Abs(r.snap.Score-want) > 0.01 {
		t.Errorf("score %.3f, want %.3f", r.snap.Score, want)
	}
}

func TestSuccessesReduceDrops(t *testing.T) {
	r := newRouter()
	r.run(5*time.Second, burst, nil)
	before := r.value(pressure.Drops)
	r.run(10*time.Second, calm, func() {
		after := r.value(pressure.Drops)
		if after >= before {
			t.Fatalf("drops went from %g to %g while every job succeeded", before, after)
		}
		before = after
	})
	r.inBand(t, pressure.Drops, 0, 0.001)
}

func TestDropsFollowTheShareOfSuccesses(t *testing.T) {
	r := newRouter()
	r.run(20*time.Second, load{submitted: 10, shed: 10}, nil)
	r.inBand(t, pressure.Drops, 0.99, 1)
	r.run(20*time.Second, load{submitted: 1000, shed: 10}, nil)
	r.inBand(t, pressure.Drops, 0.009, 0.011)
}

func TestRareJobsCountAsMuchAsManyDo(t *testing.T) {
	r := newRouter()
	for range 30 { // one job every half second, each shed
		r.run(4*tick, idle, nil)
		r.run(tick, load{submitted: 1, shed: 1}, nil)
	}
	r.inBand(t, pressure.Drops, 0.99, 1)
}

func TestTrendRisesWithLoadAndNotWithItsFall(t *testing.T) {
	r := newRouter()
	most := 0.0
	r.run(20*time.Second, load{busy: 4}, func() { most = max(most, r.value(pressure.Trend)) })
	if most < 0.95 || most > 1 {
		t.Errorf("the steepest rise gives a trend of %.3f, want close to 1", most)
	}
	r.run(20*time.Second, load{busy: 4}, nil)
	r.inBand(t, pressure.Trend, 0, 0.1)
	r.run(5*time.Second, idle, func() { r.inBand(t, pressure.Trend, 0, 0.1) })
}

func TestATrackerBornUnderLoadSeesNoRise(t *testing.T) {
	tracker := pressure.New()
	in := pressure.Inputs{Busy: 4, Width: 4, Submitted: 1e6, Shed: 1e6, Completed: 1, SojournSum: time.Hour, LatencyBudget: budget}
	for now := time.Duration(0); now < time.Second; now += tick {
		if s := tracker.Update(now, in); math.Abs(s.Score-0.40) > 1e-9 {
			t.Fatalf("at %v: %+v", now, s)
		}
	}
}

func TestAnIntervalOfARestartIsLeftOut(t *testing.T) {
	r := newRouter()
	r.run(10*time.Second, calm, nil)
	r.in.Submitted, r.in.Shed, r.in.Completed, r.in.SojournSum = 0, 0, 0, 0
	r.run(10*time.Second, calm, nil)
	r.inBand(t, pressure.Drops, 0, 0)
	r.inBand(t, pressure.Latency, 0.09, 0.11)
}

func TestCountsOfAStandingClockAreNotLost(t *testing.T) {
	r := newRouter()
	r.in.Submitted, r.in.Shed = 10, 10
	r.tracker.Update(r.now, r.in)
	r.tracker.Update(r.now-time.Minute, r.in)
	r.run(tick, idle, nil)
	if v := r.value(pressure.Drops); v == 0 {
		t.Fatal("what was shed while the clock stood still is lost")
	}
}
