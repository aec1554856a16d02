package peer

import (
	"container/heap"
	"time"

	"github.com/helixrouter/helix/route"
)

// edf runs what is due first, and drops what is late when it comes up. Its budgets
// bound it: what waits leaves when its context ends.
type edf struct{ waiting byDue }

func (e *edf) push(w *waiter) bool {
	heap.Push(&e.waiting, w)
	return true
}

func (e *edf) pop(now time.Time) *waiter {
	for len(e.waiting) > 0 {
		w := heap.Pop(&e.waiting).(*waiter)
		switch {
		case w.gone:
		case !w.due.IsZero() && !now.Before(w.due):
			w.slot <- route.ErrExpired
		default:
			return w
		}
	}
	return nil
}

// byDue is a heap.Interface: no due time is the last.
type byDue []*waiter

func (h byDue) Len() int { return len(h) }
func (h byDue) Less(i, k int) bool {
	if h[i].due.IsZero() || h[k].due.IsZero() {
		return !h[i].due.IsZero()
	}
	return h[i].due.Before(h[k].due)
}
func (h byDue) Swap(i, k int) { h[i], h[k] = h[k], h[i] }
func (h *byDue) Push(x any)   { *h = append(*h, x.(*waiter)) }
func (h *byDue) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}
