package pressure

import "time"

// The names of the machine's signals. None of them is in the documented blend of
// 0.40 + 0.30 + 0.20 + 0.10: each competes with it as a whole, because a machine
// that is full by one measure is full, whatever the others say.
const (
	SchedLatency = "sched_latency" // how long the unluckiest goroutines wait to run
	Runnable     = "runnable"      // how many goroutines wait to run, for each core
	CPUThrottled = "cpu_throttled" // how often the cgroup's quota stops the process
	GC           = "gc"            // what the garbage collector takes of the cores
	Memory       = "memory"        // what no collection can free, against GOMEMLIMIT
	QueueSojourn = "queue_sojourn" // how far the queue stands above its target
)

// Machine is what the machine says about itself. Zero means unknown or at ease,
// and so does anything below: the signal is 0.
type Machine struct {
	SchedLatency    time.Duration // p99 wait of a goroutine from runnable to running, of late
	RunnablePerCore float64       // goroutines that wait for a core, for each core
	Throttled       float64       // share of the quota's periods that ran out, of late
	GC              float64       // share of CPU time that the collector took, of late
	Memory          float64       // live memory over its limit
	QueueSojourn    float64       // least wait for a slot in 100 ms, over the latency budget
}

// span is where a signal leaves 0 and where it reaches 1.
type span struct{ low, high float64 }

// share returns where x lies in s, 0..1. NaN is 0.
func (s span) share(x float64) float64 { return clamp01((x - s.low) / (s.high - s.low)) }

var (
	// schedLatencySpan in seconds: a pool of loops that compute, as many as there are
	// cores, makes the unluckiest goroutines wait 20 ms, two time slices of the runtime, and is
	// well. At 100 ms they wait behind ten others, and every probe and tick with them.
	schedLatencySpan = span{0.020, 0.100}
	// runnableSpan: four in line for each core are a burst that a few milliseconds
	// clear; 32 are, at a time slice of 10 ms, a third of a second of waiting.
	runnableSpan = span{4, 32}
	// throttledSpan: one period in fifty is the quota's rounding at work; at one in
	// four the process stands still for a good part of its life.
	throttledSpan = span{0.02, 0.25}
	// queueSojournSpan: a queue that stands for a twentieth of the budget is CoDel's target, which is worth its
	// throughput; one that stands for half of it leaves half of the jobs too little.
	queueSojournSpan = span{0.05, 0.5}
	// gcSpan: a collector takes up to a twentieth on a service that is well. It is
	// built to take a quarter of the cores while it runs, so that as an average
	// means that it runs without a pause.
	gcSpan = span{0.05, 0.25}
	// memorySpan: below 0.85 the collector keeps the limit at little cost; from
	// 0.95 on it has nothing left to free and spends the cores on trying.
	memorySpan = span{0.85, 0.95}
)

// signals returns the signals of m, in an order that never changes.
func (m Machine) signals() [machineSignals]Signal {
	return [machineSignals]Signal{
		{SchedLatency, schedLatencySpan.share(m.SchedLatency.Seconds()), rivalWeight},
		{Runnable, runnableSpan.share(m.RunnablePerCore), rivalWeight},
		{CPUThrottled, throttledSpan.share(m.Throttled), rivalWeight},
		{GC, gcSpan.share(m.GC), rivalWeight},
		{Memory, memorySpan.share(m.Memory), rivalWeight},
		{QueueSojourn, queueSojournSpan.share(m.QueueSojourn), rivalWeight},
	}
}
