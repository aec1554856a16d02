package helix

import (
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/route"
)

// Ledger counts how jobs ended. Submitted equals the sum of the six ends and
// InFlight, always; Imbalance is what is missing or counted twice.
type Ledger struct {
	Submitted uint64
	Done      uint64
	Failed    uint64
	Panicked  uint64
	Canceled  uint64
	Expired   uint64
	Shed      uint64
	InFlight  uint64 // submitted and not ended
	Imbalance int64  // 0, or the router has a fault; see Router.Stats
}

func ledgerOf(c *feedback.Counters) Ledger {
	l := Ledger{
		Submitted: c.Submitted(),
		Done:      c.Of(route.Done),
		Failed:    c.Of(route.Failed),
		Panicked:  c.Of(route.Panicked),
		Canceled:  c.Of(route.Canceled),
		Expired:   c.Of(route.Expired),
		Shed:      c.Of(route.Shed),
	}
	l.InFlight = l.Submitted - min(l.Submitted, l.Done+l.Failed+l.Panicked+l.Canceled+l.Expired+l.Shed)
	return l
}

// imbalance holds the ledger against what the executors really hold: jobs that
// began on a strategy and have not ended must be on its goroutines or in its
// queue. The two are kept by different code, so that a job that ends twice or
// never shows here.
//
// A single look sees jobs between two books, begun and not yet placed or ended
// and not yet written. A fault stays, and is the floor of many looks: the
// smallest imbalance of one sign that a whole window showed.
type imbalance struct {
	low, high int64         // of the looks in this window
	began     time.Duration // this window; 0 = none yet
	floor     int64         // of the last whole window
}

// imbalanceWindow is a hundred looks while jobs come: even a goroutine that is
// preempted between the books has moved on in some of them.
const imbalanceWindow = time.Second

func (b *imbalance) look(now time.Duration, difference int64) {
	if b.began == 0 {
		b.low, b.high, b.began = difference, difference, now
	}
	b.low, b.high = min(b.low, difference), max(b.high, difference)
	if now-b.began < imbalanceWindow {
		return
	}
	b.floor = max(b.low, 0) + min(b.high, 0)
	b.began = 0
}

// difference is what one look shows: positive for jobs that are missing,
// negative for jobs that ended more than once.
func (r *Router) difference() (n int64) {
	counters := r.recorder.Counters()
	held := r.exec.Held()
	for _, s := range []route.Strategy{route.Spawn, route.CPUPool, route.Batch, route.Remote} {
		n += int64(counters.Begun[s]-counters.EndedOn(s)) - int64(held[s])
	}
	return n
}
