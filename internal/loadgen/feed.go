package loadgen

import (
	"runtime"
	"time"

	"github.com/helixrouter/helix/internal/scenario"
)

// longestNap bounds the sleep between two looks at the retries. It is below the 20 ms
// that the shortest retry waits, so that no retry is found late.
const longestNap = 5 * time.Millisecond

// progressEvery is how often a progress bar moves.
const progressEvery = 100 * time.Millisecond

// feed starts every job when it is due, and returns when all attempts have ended.
func (r *run) feed() {
	if r.options.OwnThread {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	}
	naps := newNapper(r.options.kernelTimer)
	defer naps.close()
	cores := coreChanges{run: r}
	next := 0
	for shown := time.Duration(0); r.ctx.Err() == nil; {
		now := r.now()
		cores.apply(now)
		if r.options.Progress != nil && now-shown >= progressEvery {
			shown = now
			r.options.Progress(now)
		}
		at, first, ok := r.due(next)
		switch {
		case !ok && r.live.Load() == 0 && !r.retrying():
			return
		case !ok:
			naps.nap(longestNap)
		case at > now:
			naps.nap(min(at-now, longestNap))
		case first:
			r.begin(r.jobs[next])
			next++
		default:
			r.begin(r.retries.take())
		}
	}
}

// due returns when the next attempt is due, and whether it is a first one.
func (r *run) due(next int) (at time.Duration, first, ok bool) {
	retry, some := r.retries.peek()
	if next == len(r.jobs) {
		return retry, false, some
	}
	if some && retry < r.jobs[next].At {
		return retry, false, true
	}
	return r.jobs[next].At, true, true
}

// retrying looks again after live was seen to be 0: an attempt adds its retry before it leaves.
func (r *run) retrying() bool {
	_, some := r.retries.peek()
	return some
}

func (r *run) begin(j scenario.Job) {
	r.lags = append(r.lags, r.now()-j.At)
	c := &caller{run: r, job: j, call: &r.calls[j.ID]}
	r.live.Add(1)
	go c.do()
}

// coreChanges takes cores away and gives them back as the stream says.
type coreChanges struct {
	run  *run
	last time.Duration
}

func (c *coreChanges) apply(now time.Duration) {
	if at, ok := c.run.stream.NextCores(c.last); ok && now >= at {
		c.last = at
		runtime.GOMAXPROCS(c.run.processors(at))
	}
}
