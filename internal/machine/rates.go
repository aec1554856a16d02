package machine

import "time"

// cpuRate is the rate of a CPU time that only grows. The zero value is ready.
type cpuRate struct {
	started bool
	at      time.Duration
	used    time.Duration
}

// next returns the core-seconds per second since the last call, or -1. used is
// negative when it is unknown.
func (c *cpuRate) next(now, used time.Duration) float64 {
	rate := -1.0
	if c.started && now > c.at && used >= c.used {
		rate = float64(used-c.used) / float64(now-c.at)
	}
	c.started, c.at, c.used = used >= 0, now, used
	return rate
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
