package peer

import (
	"time"

	"github.com/helixrouter/helix/route"
)

// The constants of folly's Codel.cpp: overloaded is when even the shortest wait of
// an interval was above the target; then what waited for twice the target is dropped.
const (
	codelTarget   = 5 * time.Millisecond
	codelInterval = 100 * time.Millisecond
)

// codel is a bounded FIFO that drops by CoDel.
type codel struct {
	limit      int
	waiting    []*waiter
	overloaded bool
	shortest   time.Duration // of the present interval
	ends       time.Time     // of the present interval
}

func newCodel(limit int) *codel { return &codel{limit: limit, shortest: codelInterval} }

func (c *codel) push(w *waiter) bool {
	if len(c.waiting) >= c.limit {
		return false
	}
	c.waiting = append(c.waiting, w)
	return true
}

func (c *codel) pop(now time.Time) *waiter {
	for len(c.waiting) > 0 {
		w := c.waiting[0]
		c.waiting[0] = nil
		c.waiting = c.waiting[1:]
		switch {
		case w.gone:
		case c.drops(now, now.Sub(w.since)):
			w.slot <- route.ErrShed
		default:
			return w
		}
	}
	return nil
}

// drops says what becomes of a job that has waited for so long.
func (c *codel) drops(now time.Time, wait time.Duration) bool {
	if now.After(c.ends) {
		c.overloaded = !c.ends.IsZero() && c.shortest > codelTarget
		c.shortest, c.ends = wait, now.Add(codelInterval)
	}
	c.shortest = min(c.shortest, wait)
	return c.overloaded && wait > 2*codelTarget
}
