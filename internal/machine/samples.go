package machine

import (
	"math"
	"runtime/metrics"
)

// The samples, by their place. Those of an instant come first: they are read each
// time, the others once a window.
const (
	sampleProcs = iota
	sampleRunnable
	sampleRunning
	instantSamples

	sampleLatencies = iota - 1
	sampleGC
	sampleGCIdle
	sampleCPU
	sampleLimit
	sampleLive
	sampleTotal
	sampleReleased
	sampleObjects
	sampleFree
	sampleUnused
	allSamples
)

// names are the runtime's names of the samples. One that a later runtime does not
// know reads as 0.
var names = [allSamples]string{
	sampleProcs:     "/sched/gomaxprocs:threads",
	sampleRunnable:  "/sched/goroutines/runnable:goroutines",
	sampleRunning:   "/sched/goroutines/running:goroutines",
	sampleLatencies: "/sched/latencies:seconds",
	sampleGC:        "/cpu/classes/gc/total:cpu-seconds",
	sampleGCIdle:    "/cpu/classes/gc/mark/idle:cpu-seconds",
	sampleCPU:       "/cpu/classes/total:cpu-seconds",
	sampleLimit:     "/gc/gomemlimit:bytes",
	sampleLive:      "/gc/heap/live:bytes",
	sampleTotal:     "/memory/classes/total:bytes",
	sampleReleased:  "/memory/classes/heap/released:bytes",
	sampleObjects:   "/memory/classes/heap/objects:bytes",
	sampleFree:      "/memory/classes/heap/free:bytes",
	sampleUnused:    "/memory/classes/heap/unused:bytes",
}

// samples is what the runtime says about itself, read into the same memory each
// time.
type samples struct{ all []metrics.Sample }

func (s *samples) init() {
	s.all = make([]metrics.Sample, allSamples)
	for i, name := range names {
		s.all[i].Name = name
	}
}

func (s *samples) readInstant() { metrics.Read(s.all[:instantSamples]) }
func (s *samples) readAll()     { metrics.Read(s.all) }

// procs returns GOMAXPROCS, at least 1.
func (s *samples) procs() int       { return max(int(s.count(sampleProcs)), 1) }
func (s *samples) runnable() uint64 { return s.count(sampleRunnable) }
func (s *samples) onCore() int      { return int(s.count(sampleRunning)) }

// collected returns the core-seconds that collections took from the program. Marking
// on cores that had nothing else to do is not among them.
func (s *samples) collected() float64 { return s.seconds(sampleGC) - s.seconds(sampleGCIdle) }
func (s *samples) cpuTotal() float64  { return s.seconds(sampleCPU) }

// latencies returns the waits for a core since the process began, or nil.
func (s *samples) latencies() *metrics.Float64Histogram {
	if v := s.all[sampleLatencies].Value; v.Kind() == metrics.KindFloat64Histogram {
		return v.Float64Histogram()
	}
	return nil
}

// memoryShare returns what no collection can free, as a share of GOMEMLIMIT: the
// heap that the last one found alive, and all that is not heap. What is merely in
// use comes near the limit on purpose: the collector waits until it does.
func (s *samples) memoryShare() float64 {
	limit := s.count(sampleLimit)
	if limit == 0 || limit == math.MaxInt64 {
		return -1
	}
	heap := s.count(sampleReleased) + s.count(sampleObjects) + s.count(sampleFree) + s.count(sampleUnused)
	beside := max(float64(s.count(sampleTotal))-float64(heap), 0)
	return (float64(s.count(sampleLive)) + beside) / float64(limit)
}

func (s *samples) count(i int) uint64 {
	if v := s.all[i].Value; v.Kind() == metrics.KindUint64 {
		return v.Uint64()
	}
	return 0
}

func (s *samples) seconds(i int) float64 {
	if v := s.all[i].Value; v.Kind() == metrics.KindFloat64 {
		return v.Float64()
	}
	return 0
}
