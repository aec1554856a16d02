package feedback

import (
	"time"

	"github.com/helixrouter/helix/route"
)

// leastWaits is the least time from submit to start, by strategy, of the jobs that ended
// since the last look; what has none is 0 in seen.
type leastWaits struct {
	least [route.NumStrategies]time.Duration
	seen  route.Set
}

func (w *leastWaits) add(s route.Strategy, wait time.Duration) {
	if !w.seen.Has(s) || wait < w.least[s] {
		w.least[s] = wait
		w.seen = w.seen.With(s)
	}
}

// takeWaits returns the least waits since the last call.
func (r *Recorder) takeWaits() (all leastWaits) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for strategy := range s.waits.least {
			if a := route.Strategy(strategy); s.waits.seen.Has(a) {
				all.add(a, s.waits.least[a])
			}
		}
		s.waits = leastWaits{}
		s.mu.Unlock()
	}
	return all
}

// Standing finds the delay that is always there (CoDel, RFC 8289): the least wait in a
// window. A queue that a burst fills is gone within one; one that stands is not. Over
// longer windows the least wait is what an arm costs that has nothing to wait for. The
// zero Standing has seen nothing. Not safe for concurrent use.
type Standing struct {
	began    time.Duration
	window   leastWaits
	queue    time.Duration // the least wait for a slot in the last window
	lately   leastWaits
	turned   time.Duration
	earlier  leastWaits
	overhead [route.NumStrategies]time.Duration
}

const (
	// standingWindow is CoDel's interval: a burst of the usual budgets, tens of ms, fits in it.
	standingWindow = 100 * time.Millisecond
	// overheadWindow is how long what an arm costs is remembered, once or twice.
	overheadWindow = 10 * time.Second
)

// Look takes in the jobs that ended since the last one. queued is how many wait now.
func (s *Standing) Look(now time.Duration, r *Recorder, queued int) {
	waits := r.takeWaits()
	for i := range waits.least {
		if a := route.Strategy(i); waits.seen.Has(a) {
			s.window.add(a, waits.least[a])
			s.lately.add(a, waits.least[a])
		}
	}
	if now-s.began >= standingWindow {
		switch {
		case s.window.seen.Has(route.CPUPool):
			s.queue = s.window.least[route.CPUPool]
		case queued == 0: // and if jobs wait and none has started, the delay stands as it was
			s.queue = 0
		}
		s.began, s.window = now, leastWaits{}
	}
	if now-s.turned >= overheadWindow {
		s.turned, s.earlier, s.lately = now, s.lately, leastWaits{}
	}
	for i := range s.overhead {
		a, both := route.Strategy(i), s.earlier
		if s.lately.seen.Has(a) {
			both.add(a, s.lately.least[a])
		}
		s.overhead[a] = both.least[a]
	}
}

// Queue is the delay that the queue has had at least, in the last 100 ms.
func (s *Standing) Queue() time.Duration { return s.queue }

// Overheads is what each arm takes at least to start a job, 0 where that is unknown.
func (s *Standing) Overheads() [route.NumStrategies]time.Duration { return s.overhead }
