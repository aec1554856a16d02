package exec

import (
	"time"

	"github.com/helixrouter/helix/internal/policy"
)

// A batch that is forming may be held for company: while the lanes are taken it waits for one as the largest batch
// would, though by its own size it could start beside what runs. A free lane ends the wait at once, and so do
// policy.Batching's bounds, which the pool's alarm watches (ADR 9).

// formingLocked is the batch that forms, with one more task where t is not nil.
func (f *Former) formingLocked(t *Task) policy.Forming {
	l := &f.pool.limits
	b := policy.Forming{Jobs: f.tasks.len, Due: policy.Endless, Latest: policy.Endless, Most: l.BatchSize, Delay: l.BatchDelay}
	if f.tasks.len > 0 {
		b.Due, b.Latest = f.due, f.latest
	}
	first := f.tasks.first
	if t != nil {
		b.Jobs++
		b.Due, b.Latest = min(b.Due, t.due()), min(b.Latest, t.latest())
		if first == nil {
			first = t
		}
	}
	b.First, b.Oldest = first.Size.Service, first.Submitted
	return b
}

// laneLocked is the size by which the batch that forms, with one more task where t is not nil, has to find a lane.
func (f *Former) laneLocked(t *Task) Size {
	b := f.formingLocked(t)
	size := Size{Service: b.First, Child: t != nil && t.Size.Child}
	if f.plan.Curve.Known() {
		size.Service = f.plan.Lane(f.pool.executor.Now(), &b)
	}
	return size
}

// holdLocked makes the alarm ring when the hold of what forms ends.
func (f *Former) holdLocked() {
	b := f.formingLocked(nil)
	if until := f.plan.Until(&b); until > f.pool.executor.Now() {
		f.pool.watchLocked(until)
	}
}

// heldLocked returns the first end of a hold that lies ahead, 0 if none does.
func (p *Pool) heldLocked(now time.Duration) (first time.Duration) {
	for _, f := range p.forming {
		if f.tasks.len == 0 {
			continue
		}
		b := f.formingLocked(nil)
		if until := f.plan.Until(&b); until > now && (first == 0 || until < first) {
			first = until
		}
	}
	return first
}

// tightenLocked takes in the bounds of a task that joins what forms.
func (f *Former) tightenLocked(t *Task) {
	if f.tasks.len == 0 {
		f.due, f.latest = policy.Endless, policy.Endless
	}
	f.due, f.latest = min(f.due, t.due()), min(f.latest, t.latest())
}

// loosenLocked finds the bounds of what is left when a task has gone that may have set them.
func (f *Former) loosenLocked(gone *Task) {
	if !f.leaving && (gone.due() <= f.due || gone.latest() <= f.latest) {
		f.boundLocked()
	}
}

func (f *Former) boundLocked() {
	f.due, f.latest = policy.Endless, policy.Endless
	for t := range f.tasks.all {
		f.due, f.latest = min(f.due, t.due()), min(f.latest, t.latest())
	}
}

// latest is when the task must have begun.
func (t *Task) latest() time.Duration {
	if t.Latest == 0 {
		return t.due()
	}
	return min(t.Latest, t.due())
}

// due is when the task is late.
func (t *Task) due() time.Duration {
	if t.Deadline == 0 {
		return policy.Endless
	}
	return t.Deadline
}
