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
	Imbalance int64  // 0, or the router has a fault
}

// A fault stays; a job that is between two books, begun and not yet placed or
// ended and not yet written, is gone at the next look. So an imbalance is
// believed only when it is the same in ledgerLooks looks, a pause apart in which
// even a goroutine that was preempted between the books gets to run.
const (
	ledgerLooks = 4
	ledgerPause = time.Millisecond
)

// ledger reads the ledger and holds it against what the executors really hold:
// jobs that began on a strategy and have not ended must be on its goroutines or
// in its queue. The two are kept by different code, so that a job that ends twice
// or never shows here.
func (r *Router) ledger() Ledger {
	var l Ledger
	moving := false
	for look := range ledgerLooks {
		if look > 0 {
			time.Sleep(ledgerPause)
		}
		before := r.recorder.Counters()
		held := r.exec.Held()
		after := r.recorder.Counters()
		l = ledgerOf(&after, &held)
		if l.Imbalance == 0 {
			return l
		}
		if after != before && l.Imbalance > 0 {
			moving = true
		}
	}
	if moving { // the books were never still: nothing can be said but that no job ended twice
		l.Imbalance = 0
	}
	return l
}

func ledgerOf(c *feedback.Counters, held *[route.NumStrategies]int) Ledger {
	l := Ledger{
		Submitted: c.Submitted(),
		Done:      c.Of(route.Done),
		Failed:    c.Of(route.Failed),
		Panicked:  c.Of(route.Panicked),
		Canceled:  c.Of(route.Canceled),
		Expired:   c.Of(route.Expired),
		Shed:      c.Of(route.Shed),
	}
	ended := l.Done + l.Failed + l.Panicked + l.Canceled + l.Expired + l.Shed
	if ended > l.Submitted {
		l.Imbalance = -int64(ended - l.Submitted)
		return l
	}
	l.InFlight = l.Submitted - ended
	for _, s := range []route.Strategy{route.Spawn, route.CPUPool, route.Batch} {
		l.Imbalance += int64(c.Begun[s]-c.EndedOn(s)) - int64(held[s])
	}
	return l
}
