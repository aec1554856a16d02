package machine

import "time"

// rate is that of something that only grows. The zero value is ready.
type rate struct {
	started bool
	at      time.Duration
	seen    float64
}

// next returns the growth per second since the last call, or -1 when there is no
// telling. total is negative when it is unknown.
func (r *rate) next(now time.Duration, total float64) float64 {
	growth := -1.0
	if r.started && now > r.at && total >= r.seen {
		growth = (total - r.seen) / (now - r.at).Seconds()
	}
	r.started, r.at, r.seen = total >= 0, now, total
	return growth
}

// line is how many goroutines are in line for a core. There are two accounts of
// it, and both err: to look is to be woken by a timer, often together with others
// that then stand in line for some microseconds; and the waits that the runtime
// times are so few, when each lasts for 10 ms, that one more or less is much. Of
// the first there is too much when cores are idle, of the second when they are
// not, so the lesser of the two is taken. The zero value is ready.
type line struct {
	sum   float64
	looks int
	waits rate // seconds waited per second are goroutines that wait: Little's law
}

// look takes in how many are in line at this instant.
func (l *line) look(runnable uint64) {
	l.sum += float64(runnable)
	l.looks++
}

// next ends a window and returns the mean of it, or -1.
func (l *line) next(now time.Duration, waited float64) float64 {
	mean := l.waits.next(now, waited)
	if l.looks > 0 {
		mean = min(mean, l.sum/float64(l.looks))
	}
	l.sum, l.looks = 0, 0
	return mean
}

// gcSpan is the least that a share of the collector is taken over, per core.
// Collections may end a few milliseconds apart, and between two such there is
// hardly anything but collecting.
const gcSpan = 500 * time.Millisecond

// gcShare is the collector's share of the cores. The runtime's accounts of it move
// only when a collection ends. The zero value is ready.
type gcShare struct {
	started          bool
	collected, total float64       // core-seconds, when the share was last taken
	part, whole      float64       // of the newest share
	moved            time.Duration // when it was taken
}

// next returns the share, or -1 before there is one. While no collection ends, it
// is of all the time since the one before: collections that stopped take nothing,
// and would otherwise be held against the process until the next, two minutes on.
func (g *gcShare) next(now time.Duration, collected, total float64, procs int) float64 {
	part, whole := collected-g.collected, total-g.total
	if !g.started || whole >= gcSpan.Seconds()*float64(procs) {
		if g.started {
			g.part, g.whole = part, whole
		}
		g.started, g.collected, g.total, g.moved = true, collected, total, now
	}
	if g.whole == 0 {
		return -1
	}
	since := (now - g.moved).Seconds() * float64(procs)
	return min(max(g.part/max(g.whole, since), 0), 1)
}
