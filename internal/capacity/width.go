package capacity

import "time"

const (
	// settleTime after a step is not judged by: jobs that had started run on, and a
	// rate measured over the last 100 ms still tells of the width before.
	settleTime = 100 * time.Millisecond
	// watchTime is what a step is judged by. The kernel counts the CPU time of a
	// running thread at its ticks, 1 to 10 ms apart, and the runnable goroutines are
	// looked at some 20 times in it; over less than that both are mostly noise.
	watchTime = 200 * time.Millisecond
	// staleTime without a look ends a watch: nobody knows what was in between.
	staleTime = time.Second
	// wideMark is the share of the cores that is clearly less than all of them. With
	// less wanted, and jobs waiting for slots whose holders block, one more slot pays.
	wideMark = 0.80
	// narrowMark is the share in use that is as good as all of them. If one slot less
	// then still wants all of them, the slot only takes turns with the others. The gap
	// to wideMark is the dead band: a step up from a demand d at width w makes it
	// d(w+1)/w, and to take that step back needs d at all of the cores, where the
	// step up needs it below wideMark. So no steady demand moves it to and fro.
	narrowMark = 0.90
	// mostWatch bounds how the watch grows. An unsteady demand may seem to change at
	// each step; a step that takes the last one back doubles the watch, whose averages
	// are then that much better, and a second one in the same direction, when the
	// demand did change, ends it. Three seconds are what it may then take to notice.
	mostWatch = 16 * watchTime
	// fullShare of the looks must find all slots busy and jobs waiting before a slot
	// is added: less, and the queue is gone by itself between bursts.
	fullShare = 0.75
	// computing is the demand of a slot, in cores, from which its jobs do not block.
	// Below wideMark of a core they do.
	computing = 0.90
	// crowded is how many goroutines may wait for each core before the CPU counts as
	// saturated although it is not seen to be used, as when its cores are stolen.
	crowded = 1.0
)

// Width finds how many slots the cores can use: about as many as there are cores
// when jobs compute, up to the ceiling when they block. What it measures is the
// demand for cores, of which those that work and those in line for one are both
// part, so that what another process takes does not pass for time in which jobs
// block. The runtime cannot tell a thread that waits for its core from one that has
// it, so a stolen core may bring one slot too many; that one stands in line, is
// seen there, and goes when the core is back.
//
// It begins at the cores, which is right for jobs that compute, and rises for others.
// The zero value is ready. Not safe for concurrent use.
type Width struct {
	width  int // 0 before the first call
	last   time.Duration
	begins time.Duration // when the watch does, at the end of the settling
	length time.Duration // of the watch
	latest int           // the latest step, 1 or -1; 0 when there was none
	seen   looks
}

// Next takes a look and returns the width from now on, 1..Ceiling. Call it every
// 10 ms or so while jobs run; it moves by one slot in 300 ms at most, and at once
// only where the bounds themselves move.
func (w *Width) Next(now time.Duration, in WidthInputs) int {
	in = in.sane()
	w.follow(now, in)
	since := now - w.last
	w.last = max(w.last, now)
	if since <= 0 {
		return w.width
	}
	if since > staleTime {
		w.watch(now)
		return w.width
	}
	if now-since < w.begins {
		return w.width
	}
	w.seen.add(since, w.width, in)
	if w.seen.span >= max(w.length, watchTime) {
		w.judge(now, in)
	}
	return w.width
}

// judge ends a watch.
func (w *Width) judge(now time.Duration, in WidthInputs) {
	step := w.seen.step(w.width, in)
	if step == 0 {
		w.watch(now)
		return
	}
	if step == -w.latest {
		w.length = min(2*max(w.length, watchTime), mostWatch)
	} else {
		w.length = watchTime
	}
	w.width, w.latest = w.width+step, step
	w.watch(now + settleTime)
}

// watch begins a new watch.
func (w *Width) watch(at time.Duration) { w.begins, w.seen = at, looks{} }

// follow keeps the width between the cores and the ceiling.
func (w *Width) follow(now time.Duration, in WidthInputs) {
	if w.width == 0 {
		w.last, w.width = now, in.floor()
	}
	before := w.width
	w.width = min(max(w.width, in.floor()), in.Ceiling)
	if w.width != before {
		w.watch(now + settleTime)
	}
}
