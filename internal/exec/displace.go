package exec

import (
	"github.com/helixrouter/helix/route"
)

// displace makes room in a full queue for a task that is critical: the task that would come last of those that
// matter least leaves it. Only single tasks do, and nobody whose parent waits for it. It is
// false when all that waits matters as much. The caller ends the victim with displaced, once
// mu is free.
func (p *Pool) displaceLocked(t *Task) (victim *Task, ok bool) {
	if t.Class.Rank() > route.ClassCritical.Rank() {
		return nil, false
	}
	for u := range p.queue.all {
		if u.Class.Rank() <= t.Class.Rank() || u.Size.Child || u.state.Load() != waiting {
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

// displaced ends a task that has made room.
func (x *Executor) displaced(t *Task) {
	x.recorder.Record(&route.Outcome{
		Kind: t.Kind, Strategy: t.Strategy, Disposition: route.Shed, Reason: route.ReasonDisplaced,
		Wait: x.Now() - t.Submitted, Units: t.Size.Units,
	})
	t.Work.Overrule(route.Shed, route.ErrShed)
	t.signal()
}
