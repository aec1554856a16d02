package exec

import (
	"github.com/helixrouter/helix/route"
)

// A full queue makes room for a task that is critical, or that runs for the floor of its class, tenant or kind:
// the task that would come last of those that matter least leaves it. What waits for a batch can be that too.

// displaces reports whether a task might find one to displace.
func (p *Pool) displaces(c route.Class, urgent bool) bool {
	if !urgent && c.Rank() > route.ClassCritical.Rank() {
		return false
	}
	for rank := route.NumClasses - 1; rank > c.Rank() || urgent && rank == c.Rank(); rank-- {
		if p.room.below[rank].Load() > 0 {
			return true
		}
	}
	return false
}

// displaceLocked takes the task that makes room out of the queue. Nobody does whose parent waits for it. It is false
// when all that waits matters as much. The caller ends the victim with displaced, once mu is free.
func (p *Pool) displaceLocked(t *Task) (victim *Task, ok bool) {
	if !p.displaces(t.Class, t.Urgent) {
		return nil, false
	}
	for u := range p.waitingLocked {
		if !t.outranks(u) || u.Size.Child || u.Urgent || u.state.Load() != waiting {
			continue
		}
		if victim == nil || u.Class.Rank() > victim.Class.Rank() || u.Class == victim.Class && victim.before(u) {
			victim = u
		}
	}
	if victim == nil || !victim.state.CompareAndSwap(waiting, expired) { // its caller was faster
		return nil, false
	}
	p.dequeueLocked(victim)
	return victim, true
}

// outranks reports whether a task may displace another one.
func (t *Task) outranks(u *Task) bool {
	if t.Urgent {
		return u.Class.Rank() >= t.Class.Rank()
	}
	return u.Class.Rank() > t.Class.Rank()
}

// displaced ends a task that has made room.
func (x *Executor) displaced(t *Task) {
	waited := x.Now() - t.Submitted
	x.recorder.Record(&route.Outcome{
		Kind: t.Kind, Strategy: t.Strategy, Disposition: route.Shed, Reason: route.ReasonDisplaced,
		Wait: waited, Units: t.Size.Units,
	})
	if t.Trace != nil {
		t.Trace.End(route.Shed, Times{Wait: waited}, 0)
	}
	t.Work.Overrule(route.Shed, route.ErrShed)
	t.signal()
}
