package machine_test

import (
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/machine"
)

// spin uses a core for d.
func spin(d time.Duration) (n uint64) {
	for end := time.Now().Add(d); time.Now().Before(end); n++ {
	}
	return n
}

func TestTheReaderSeesTheProcessAtWork(t *testing.T) {
	r := machine.New(machine.SystemPaths)
	defer r.Close()
	began := time.Now()
	first := r.Read(0)
	if first.Procs < 1 || first.Cores <= 0 || first.CPURate != -1 || first.GC != -1 || first.SchedLatency != 0 {
		t.Errorf("at first: %+v", first)
	}
	if spin(200*time.Millisecond) == 0 {
		t.Fatal("nothing was computed")
	}
	got := r.Read(time.Since(began))
	if got.CPURate != -1 && (got.CPURate < 0.1 || got.CPURate > float64(got.Procs)+1) {
		t.Errorf("a core was busy: %+v", got)
	}
	if got.Runnable < 0 || first.Runnable != -1 || got.Running < 0 || got.Running >= got.Procs+1 {
		t.Errorf("goroutines: %+v", got)
	}
}

func TestAMemoryLimitIsSeen(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	debug.SetMemoryLimit(1 << 40)
	r := machine.New(machine.Paths{})
	defer r.Close()
	if got := r.Read(0).Memory; got <= 0 || got > 0.01 {
		t.Errorf("%g of a terabyte", got)
	}
	debug.SetMemoryLimit(1<<63 - 1)
	if got := r.Read(time.Second).Memory; got != -1 {
		t.Errorf("%g of no limit, want -1", got)
	}
}

// The names are the runtime's to change. All of them must exist in the one that
// this is built with.
func TestTheRuntimeKnowsTheSamples(t *testing.T) {
	known := map[string]bool{}
	for _, d := range metrics.All() {
		known[d.Name] = true
	}
	for _, name := range machine.SampleNames() {
		if !known[name] {
			t.Errorf("this runtime has no %q", name)
		}
	}
}

// steps are the times between readings: within a window, of windows, of the
// control groups' files.
var steps = map[string]time.Duration{"instant": time.Millisecond, "window": 100 * time.Millisecond, "groups": time.Second}

func TestReadingAllocatesNothing(t *testing.T) {
	files := tree{"self": "0::/a\n", "a/cpu.max": "100000 100000\n", "a/cpu.stat": "nr_periods 1\nnr_throttled 1\nthrottled_usec 1\n"}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			r := reader(t, files)
			now := time.Duration(0)
			r.Read(now)
			if n := testing.AllocsPerRun(100, func() { now += step; r.Read(now) }); n > 0 {
				t.Errorf("%g allocations", n)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	for _, name := range []string{"instant", "window", "groups"} {
		b.Run(name, func(b *testing.B) {
			r := machine.New(machine.SystemPaths)
			defer r.Close()
			now := time.Duration(0)
			r.Read(now)
			b.ReportAllocs()
			for b.Loop() {
				now += steps[name]
				r.Read(now)
			}
		})
	}
}
