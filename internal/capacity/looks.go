package capacity

import "time"

// looks is what one watch of the width saw, summed over its time in seconds. The
// zero value is empty.
type looks struct {
	span     time.Duration
	used     float64 // core-seconds that the process used
	running  float64 // goroutines on a core
	runnable float64 // goroutines in line for a core
	busy     float64 // slots in use
	full     float64 // time with all slots busy and jobs waiting
	blind    bool    // one of the looks did not know what it needed
}

// add takes in a look that stands for the time since the one before.
func (l *looks) add(since time.Duration, width int, in WidthInputs) {
	t := since.Seconds()
	l.span += since
	// Who is in line must be known, or cores that are stolen look like jobs that
	// block; of who works, one of two accounts will do.
	l.blind = l.blind || in.Runnable < 0 || in.CPURate < 0 && in.Running < 0
	l.used += t * max(in.CPURate, 0)
	l.running += t * float64(max(in.Running, 0))
	l.runnable += t * max(in.Runnable, 0)
	l.busy += t * float64(in.Busy)
	if in.Busy >= width && in.Queued > 0 {
		l.full += t
	}
}

// working returns the core-seconds that were worked. A thread that waits while
// another process has its core uses none, but its goroutine counts as running.
func (l *looks) working() float64 { return max(l.used, l.running) }

// step returns by how much the width should change: 1, 0 or -1.
func (l *looks) step(width int, in WidthInputs) int {
	t := l.span.Seconds()
	demand := (l.working() + l.runnable) / t
	switch {
	case l.blind:
		return 0
	case width > in.floor() && l.busy/t > float64(in.floor()) && l.narrow(demand, width, in.Cores):
		return -1
	case width < in.Ceiling && l.full/t >= fullShare && wide(demand, width, in.Cores):
		return 1
	}
	return 0
}

// narrow reports whether the cores are short and a slot less would leave them so.
// Jobs that do not block need no slot beyond the cores in any case: where the
// cores are no whole number, one slot less may leave a part of a core idle.
func (l *looks) narrow(demand float64, width int, cores float64) bool {
	t := l.span.Seconds()
	saturated := l.working()/t >= narrowMark*cores || l.runnable/t > crowded*cores
	less := demand * float64(width-1) / float64(width)
	return saturated && (less >= cores || demand >= computing*float64(width))
}

// wide reports whether the cores are idle while the jobs on slots block.
func wide(demand float64, width int, cores float64) bool {
	return demand <= wideMark*min(cores, float64(width))
}
