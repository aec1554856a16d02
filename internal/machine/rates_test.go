package machine

import (
	"math"
	"runtime/metrics"
	"testing"
	"time"
)

const ms = time.Millisecond

func TestTheTailOfTheWaitsOfAWindow(t *testing.T) {
	h := &metrics.Float64Histogram{
		Counts:  []uint64{5, 0, 0, 0},
		Buckets: []float64{math.Inf(-1), 0.001, 0.002, 0.010, math.Inf(1)},
	}
	var l latency
	now := time.Duration(0)
	expect := func(after time.Duration, want time.Duration) {
		t.Helper()
		now += after
		if got := l.next(now, h); got != want {
			t.Errorf("at %v: %v, want %v", now, got, want)
		}
	}
	expect(0, 0)
	h.Counts[0] += 198
	h.Counts[2] += 2
	expect(100*ms, ms) // one in a hundred is longer
	h.Counts[0] += 98
	h.Counts[2] += 2
	expect(100*ms, 10*ms)
	h.Counts[1] += 50
	expect(100*ms, 10*ms) // too few: the window stays open
	h.Counts[1] += 50
	expect(100*ms, 2*ms)
	h.Counts[3] += 20
	expect(999*ms, 2*ms)
	expect(1*ms, 10*ms) // the last bucket has no end
	h.Counts[3] += 19
	expect(time.Second, 0)
	expect(time.Second, 0)
}

func TestARuntimeWithoutWaits(t *testing.T) {
	if got := new(latency).next(time.Second, nil); got != 0 {
		t.Errorf("%v of nothing", got)
	}
}

func TestARateOfCPUTime(t *testing.T) {
	var c rate
	for _, step := range []struct {
		now, used time.Duration
		want      float64
	}{
		{100 * ms, 5 * ms, -1}, {200 * ms, 155 * ms, 1.5}, {300 * ms, 155 * ms, 0},
		{300 * ms, 156 * ms, -1}, {400 * ms, -1, -1}, {500 * ms, 200 * ms, -1}, {600 * ms, 250 * ms, 0.5},
		{700 * ms, 200 * ms, -1},
	} {
		if got := c.next(step.now, step.used.Seconds()); math.Abs(got-step.want) > 1e-9 {
			t.Errorf("at %v: %g, want %g", step.now, got, step.want)
		}
	}
}

func TestTheCollectorsShareFadesWhileItRests(t *testing.T) {
	var g gcShare
	for _, step := range []struct {
		now              time.Duration
		collected, total float64
		want             float64
	}{
		{0, 3, 100, -1},
		{time.Second, 3, 100, -1},
		{2 * time.Second, 3.5, 102, 0.25},      // a cycle ended, two cores for a second
		{2100 * ms, 3.6, 102.1, 0.25},          // two cycles in a moment say nothing yet
		{3 * time.Second, 3.6, 102.1, 0.25},    // a rest as long as what it was taken over
		{4 * time.Second, 3.6, 102.1, 0.125},   // and twice that
		{12 * time.Second, 3.6, 102.1, 0.025},  // and ten times
		{13 * time.Second, 4.5, 124, 1.0 / 22}, // the cycle that counts it all
		{14 * time.Second, 9999, 126, 1},       // more than all cannot be
		{15 * time.Second, 9999, 128, 0},       // nothing
	} {
		if got := g.next(step.now, step.collected, step.total, 2); math.Abs(got-step.want) > 1e-9 {
			t.Errorf("at %v: %g, want %g", step.now, got, step.want)
		}
	}
}

// Timers that go off together put goroutines in line just when somebody looks.
func TestTheLineIsTheLesserOfTwoAccounts(t *testing.T) {
	h := &metrics.Float64Histogram{Counts: []uint64{0, 0, 0}, Buckets: []float64{math.Inf(-1), 0.010, 0.030, math.Inf(1)}}
	var l line
	if got := l.next(0, waited(h)); got != -1 {
		t.Errorf("%g before the first window", got)
	}
	for _, step := range []struct {
		looks []uint64
		waits uint64 // of 20 ms on average, one in eight counted
		want  float64
	}{
		{[]uint64{6, 0, 5, 5}, 0, 0},
		{[]uint64{2, 0, 2, 2}, 5, 1.5},
		{[]uint64{6, 6}, 2, 3.2},
		{nil, 1, 1.6},
	} {
		for _, n := range step.looks {
			l.look(n)
		}
		h.Counts[1] += step.waits
		if got := l.next(l.waits.at+100*ms, waited(h)); math.Abs(got-step.want) > 1e-9 {
			t.Errorf("%+v: %g", step, got)
		}
	}
	h.Counts[0], h.Counts[2] = 1, 1
	if got, want := waited(h), 8*(8*0.020+0.005+0.030); math.Abs(got-want) > 1e-9 {
		t.Errorf("waited %g, want %g", got, want)
	}
}
