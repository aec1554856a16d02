package pressure_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/pressure"
)

func anyInputs() *rapid.Generator[pressure.Inputs] {
	return rapid.Custom(func(rt *rapid.T) pressure.Inputs {
		return pressure.Inputs{
			Busy:          rapid.Int().Draw(rt, "busy"),
			Width:         rapid.Int().Draw(rt, "width"),
			Queued:        rapid.Int().Draw(rt, "queued"),
			QueueCap:      rapid.Int().Draw(rt, "cap"),
			Submitted:     rapid.Uint64().Draw(rt, "submitted"),
			Shed:          rapid.Uint64().Draw(rt, "shed"),
			Completed:     rapid.Uint64().Draw(rt, "completed"),
			SojournSum:    time.Duration(rapid.Int64().Draw(rt, "sojourns")),
			LatencyBudget: time.Duration(rapid.Int64().Draw(rt, "budget")),
			Machine:       anyMachine().Draw(rt, "machine"),
		}
	})
}

func anyMachine() *rapid.Generator[pressure.Machine] {
	odd := rapid.OneOf(rapid.Float64Range(0, 1), rapid.Float64(),
		rapid.SampledFrom([]float64{-1, math.NaN(), math.Inf(1), math.Inf(-1)}))
	return rapid.Custom(func(rt *rapid.T) pressure.Machine {
		return pressure.Machine{
			SchedLatency:    time.Duration(rapid.Int64Range(-1, 20e6).Draw(rt, "latency")),
			RunnablePerCore: 40 * odd.Draw(rt, "runnable"),
			Throttled:       odd.Draw(rt, "throttled"),
			GC:              odd.Draw(rt, "gc"),
			Memory:          odd.Draw(rt, "memory"),
			QueueSojourn:    odd.Draw(rt, "sojourn"),
		}
	})
}

// blended are the signals of the documented formula.
var blended = map[string]bool{
	pressure.Saturation: true, pressure.Drops: true, pressure.Latency: true, pressure.Trend: true,
}

// Whatever comes in, in whatever order, what comes out is a pressure.
func TestEveryOutputIsInRange(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tracker := pressure.New()
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			now := time.Duration(rapid.Int64().Draw(rt, "now"))
			if rapid.Bool().Draw(rt, "inject") {
				ttl := time.Duration(rapid.Int64().Draw(rt, "ttl") >> rapid.IntRange(0, 40).Draw(rt, "shift"))
				_ = tracker.Inject(now, "probe", rapid.Float64().Draw(rt, "v"), ttl)
			}
			check(rt, tracker.Update(now, anyInputs().Draw(rt, "inputs")))
		}
	})
}

func check(rt *rapid.T, s pressure.Snapshot) {
	sum, rival, ruling := 0.0, 0.0, 0.0
	for _, signal := range s.Signals {
		if !(signal.Value >= 0 && signal.Value <= 1) {
			rt.Fatalf("signal out of range: %+v", signal)
		}
		if blended[signal.Name] {
			sum += signal.Value * signal.Weight
		} else {
			rival = max(rival, signal.Value)
		}
		if signal.Name == s.Ruling {
			ruling = signal.Value
		}
	}
	want := max(rival, min(sum, 1))
	if !(math.Abs(s.Score-want) < 1e-12) {
		rt.Fatalf("score %g of %+v, want %g", s.Score, s, want)
	}
	if (ruling > 0) == (s.Score == 0) || ruling == 0 && s.Ruling != pressure.None {
		rt.Fatalf("%q rules %+v", s.Ruling, s)
	}
	if !blended[s.Ruling] && ruling != s.Score {
		rt.Fatalf("%q rules with %g and not %g: %+v", s.Ruling, ruling, s.Score, s)
	}
}

func BenchmarkTrackerUpdate(b *testing.B) {
	tracker := pressure.New()
	in := pressure.Inputs{Busy: 3, Width: 4, QueueCap: 100, LatencyBudget: time.Second}
	b.ReportAllocs()
	var now time.Duration
	for b.Loop() {
		now += 100 * time.Millisecond
		in.Submitted, in.Completed, in.SojournSum = in.Submitted+1, in.Completed+1, in.SojournSum+time.Millisecond
		tracker.Update(now, in)
	}
}
