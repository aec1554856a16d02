package machine

import "time"

const (
	// windowTime is what rates are taken over. The kernel counts the CPU time of a
	// running thread at its ticks, up to 10 ms apart: over a tenth of a second that
	// is an error of a tenth at most.
	windowTime = 100 * time.Millisecond
	// cgroupTime is the period of the control groups' files. Who changes a quota
	// does so by hand or by a controller that takes seconds, and a file costs a
	// system call of some microseconds.
	cgroupTime = time.Second
)

// Reading is what the machine looked like at one time.
type Reading struct {
	Procs int     // GOMAXPROCS
	Quota float64 // cores that the tightest control group grants; -1 when none does
	Cores float64 // usable: the lesser of the two

	Running int // goroutines on a core at this instant, beside the one that reads

	// Over the last tenth of a second or more.
	Runnable     float64       // goroutines in line for a core, on average; -1 unknown
	CPURate      float64       // core-seconds per second that the process used; -1 unknown
	SchedLatency time.Duration // p99 wait from runnable to running; 0 when too few waited to tell

	// Both move only at the end of a garbage collection.
	GC     float64 // share of the cores' time that collections took from the program; -1 unknown
	Memory float64 // what no collection can free, as a share of GOMEMLIMIT; -1 without a limit

	// Over the last second, of the group that was throttled most.
	Throttled float64 // share of the quota's periods that ran out; -1 unknown
	Stalled   float64 // core-seconds per second that its threads were kept waiting; -1 unknown
}

// Paths is where the system tells about the process.
type Paths struct {
	Cgroup string // where the control groups are mounted
	Self   string // the file with the process's own groups
}

// SystemPaths is where Linux has them. Where nothing is there, nothing limits.
var SystemPaths = Paths{Cgroup: "/sys/fs/cgroup", Self: "/proc/self/cgroup"}

// Reader takes readings. Make one with New, and Close it. Not safe for concurrent
// use.
type Reader struct {
	paths   Paths
	runtime samples
	latency latency
	gc      gcShare
	cpu     rate
	line    line
	groups  []*group // from the process's own to the root

	reading  Reading
	started  bool
	windowAt time.Duration // when the rates were last taken
	cgroupAt time.Duration // when the groups were last read
}

// New returns a reader that looks for control groups under paths. It opens nothing
// before the first reading.
func New(paths Paths) *Reader { return &Reader{paths: paths} }

// Close lets go of the files. A reader that reads on afterwards knows of no quota.
func (r *Reader) Close() {
	for _, g := range r.groups {
		g.close()
	}
	r.groups = nil
}

// Read takes a reading at now. Between two windows it costs 0.3 us, at one some 3;
// from the second call on it allocates nothing.
func (r *Reader) Read(now time.Duration) Reading {
	if !r.started {
		r.start(now)
		return r.reading
	}
	if now-r.cgroupAt >= cgroupTime {
		r.readGroups(now)
	}
	if now-r.windowAt >= windowTime {
		r.readWindow(now)
	} else {
		r.runtime.readInstant()
		r.line.look(r.runtime.runnable())
	}
	r.fillInstant()
	return r.reading
}

// start takes the first reading: what is there is read, and where the counters
// stand is noted.
func (r *Reader) start(now time.Duration) {
	r.started = true
	r.groups = locate(r.paths)
	r.runtime.init()
	r.reading = Reading{Quota: -1, Runnable: -1, CPURate: -1, GC: -1, Memory: -1, Throttled: -1, Stalled: -1}
	r.readGroups(now)
	r.readWindow(now)
	r.fillInstant()
}

// readWindow takes the rates since the last window.
func (r *Reader) readWindow(now time.Duration) {
	r.windowAt = now
	r.runtime.readAll()
	r.reading.SchedLatency = r.latency.next(now, r.runtime.latencies())
	r.reading.GC = r.gc.next(now, r.runtime.collected(), r.runtime.cpuTotal(), r.runtime.procs())
	r.reading.Memory = r.runtime.memoryShare()
	r.reading.CPURate = r.cpu.next(now, cpuTime().Seconds())
	r.line.look(r.runtime.runnable())
	r.reading.Runnable = r.line.next(now, waited(r.runtime.latencies()))
}

func (r *Reader) fillInstant() {
	r.reading.Procs = r.runtime.procs()
	r.reading.Running = max(r.runtime.onCore()-1, 0)
	r.reading.Cores = float64(r.reading.Procs)
	if r.reading.Quota > 0 {
		r.reading.Cores = min(r.reading.Cores, r.reading.Quota)
	}
}

// Cores returns how many cores the process can use, as of the newest reading: the
// lesser of GOMAXPROCS and the quota. The runtime minds the quota too, but rounds
// it up, to no less than two.
func (r *Reader) Cores() float64 { return r.reading.Cores }

// readGroups reads the quota, which the tightest group sets, and how the groups
// throttled since they were last read.
func (r *Reader) readGroups(now time.Duration) {
	since := now - r.cgroupAt
	r.cgroupAt = now
	quota, throttled, stalled := -1.0, -1.0, -1.0
	for _, g := range r.groups {
		if q := g.quota(); q > 0 && (quota < 0 || q < quota) {
			quota = q
		}
		share, rate := g.throttled(since)
		throttled, stalled = max(throttled, share), max(stalled, rate)
	}
	r.reading.Quota, r.reading.Throttled, r.reading.Stalled = quota, throttled, stalled
}
