package sim

import (
	"math"
	"time"
)

// cores are shared evenly by the threads that run, one core at most for each.
//
// All threads get the same at any time, so one number, what a thread would have
// attained that ran from the start, moves for all of them: a thread that starts at
// attained a and needs w ends when attained reaches a+w. The heap of these ends makes
// an event cost O(log n), however many run.
type cores struct {
	count    float64
	attained float64 // ns
	threads  heap    // by the attained service at which they end
	debt     float64 // core time of decisions that is still to be paid, ns
	given    float64 // core time there was since the start, ns
}

// slack is by how much a thread may be short of its end and count as ended, in
// ns: more than rounding makes of sums up to 10^12 ns, less than a nanosecond.
const slack = 1.0 / 1024

// advance lets the threads run for dt. Decisions are paid from idle cores first, and by
// all threads alike where there are none.
func (c *cores) advance(dt time.Duration) {
	all := float64(c.count * float64(dt))
	c.given += all
	n := float64(len(c.threads))
	busy := float64(min(n, c.count) * float64(dt))
	c.debt -= min(c.debt, all-busy)
	if n == 0 {
		c.attained = 0 // begins anew, so that sums stay small
		return
	}
	paid := min(c.debt, busy)
	c.debt -= paid
	c.attained += (busy - paid) / n
}

// never is after everything.
const never = time.Duration(math.MaxInt64)

// next is how long the first thread will take to end if nothing changes.
func (c *cores) next() time.Duration {
	n := float64(len(c.threads))
	if n == 0 || c.count == 0 {
		return never
	}
	left := max(c.threads[0].key-c.attained, 0)
	if n >= c.count {
		left = (float64(left*n) + c.debt) / c.count
	}
	if left <= slack {
		return 0
	}
	return time.Duration(math.Ceil(left))
}

// start adds a thread that needs some core time.
func (c *cores) start(task int32, order uint64, need float64) {
	c.threads.push(entry{c.attained + need, order, task})
}

// ended takes a thread that has ended.
func (c *cores) ended() (task int32, ok bool) {
	if len(c.threads) == 0 || c.threads[0].key > c.attained+slack {
		return none, false
	}
	return c.threads.pop().task, true
}
