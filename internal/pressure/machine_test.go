package pressure_test

import (
	"math"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/pressure"
)

// Each signal of the machine leaves 0 at one end of its span, reaches 1 at the
// other, and rules where it is the largest.
func TestAMachineSignalRunsOverItsSpan(t *testing.T) {
	type machine = pressure.Machine
	const ms = time.Millisecond
	for _, c := range []struct {
		name           string
		low, mid, high machine
	}{
		{pressure.SchedLatency, machine{SchedLatency: 20 * ms}, machine{SchedLatency: 60 * ms}, machine{SchedLatency: 100 * ms}},
		{pressure.Runnable, machine{RunnablePerCore: 4}, machine{RunnablePerCore: 18}, machine{RunnablePerCore: 32}},
		{pressure.CPUThrottled, machine{Throttled: 0.02}, machine{Throttled: 0.135}, machine{Throttled: 0.25}},
		{pressure.GC, machine{GC: 0.05}, machine{GC: 0.15}, machine{GC: 0.25}},
		{pressure.Memory, machine{Memory: 0.85}, machine{Memory: 0.90}, machine{Memory: 0.95}},
		{pressure.QueueSojourn, machine{QueueSojourn: 0.05}, machine{QueueSojourn: 0.275}, machine{QueueSojourn: 0.5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRouter()
			for want, in := range map[float64]machine{0: c.low, 0.5: c.mid, 1: c.high} {
				r.in.Machine = in
				r.run(tick, idle, nil)
				r.inBand(t, c.name, want-1e-9, want+1e-9)
				if math.Abs(r.snap.Score-want) > 1e-9 {
					t.Errorf("%+v: score %g, want %g", in, r.snap.Score, want)
				}
				if want > 0 && r.snap.Ruling != c.name {
					t.Errorf("%+v: %q rules, want %q", in, r.snap.Ruling, c.name)
				}
			}
		})
	}
}

func TestAMachineThatKnowsNothingChangesNothing(t *testing.T) {
	known, unknown := newRouter(), newRouter()
	unknown.in.Machine = pressure.Machine{RunnablePerCore: -1, Throttled: -1, GC: -1, Memory: math.NaN(), QueueSojourn: -1}
	for _, l := range []load{calm, burst, idle} {
		known.run(5*time.Second, l, nil)
		unknown.run(5*time.Second, l, nil)
		if known.snap.Score != unknown.snap.Score || known.snap.Ruling != unknown.snap.Ruling {
			t.Errorf("%+v and %+v differ", known.snap, unknown.snap)
		}
	}
}

func TestTheMachineDoesNotAddToTheBlend(t *testing.T) {
	r := newRouter()
	r.run(time.Minute, burst, nil)
	before := r.snap.Score
	r.in.Machine.GC = 0.15
	r.run(tick, burst, nil)
	if math.Abs(r.snap.Score-before) > 0.01 || r.snap.Ruling != pressure.Saturation {
		t.Errorf("a lesser signal moved %.3f to %.3f, %q rules", before, r.snap.Score, r.snap.Ruling)
	}
}
