package exec

import "time"

// shift is what one slot runs next: one task or one batch. The zero shift is
// nothing.
type shift struct {
	task   *Task
	former *Former   // whose tasks; with batch nil, the tasks are taken when the worker starts
	batch  *batchRun // the tasks that were taken
}

func (s shift) any() bool { return s.task != nil || s.former != nil }

// nextLocked picks the slot's next shift, or gives the slot back:
//
//  1. a batch that is full, or whose oldest task has waited for the batch delay, oldest
//     first; but after BatchesInRow of them a single task that waits, so that a
//     flood of batches does not starve it;
//  2. the first single task, if it may start;
//  3. whatever waits for a batch: an idle slot makes no batch wait for company, nor for
//     a single task that waits for a lane.
func (p *Pool) nextLocked() shift {
	if int(p.busy.Load()) <= p.limits.Width {
		if s := p.pickLocked(); s.any() {
			return s
		}
	}
	p.busy.Add(-1)
	p.checkIdleLocked()
	return shift{}
}

// pickLocked picks for a slot that is counted as busy already.
func (p *Pool) pickLocked() shift {
	if f := p.dueLocked(); f != nil && (p.batched < BatchesInRow || p.queue.len() == 0) {
		return p.takeBatchLocked(f)
	}
	if t := p.queue.pick(func(t *Task) bool { return p.hasLaneLocked(t.Size) }); t != nil {
		p.dequeueLocked(t)
		p.live.push(t)
		t.joined = p.joinLocked(t.Size.Service)
		p.batched = 0
		return shift{task: t}
	}
	if f := p.oldestLocked(p.mayBatchLocked); f != nil {
		return p.takeBatchLocked(f)
	}
	return shift{}
}

// BatchesInRow is how many batches may come before a single task that waits. Batches
// carry up to BatchSize tasks and are due, so they go first; at 1 a due batch
// would wait for a single every other time, and without an end singles could wait for ever.
const BatchesInRow = 4

// dueLocked returns the former that must not wait any longer.
func (p *Pool) dueLocked() *Former {
	if len(p.forming) == 0 {
		return nil
	}
	now := p.executor.Now()
	return p.oldestLocked(func(f *Former) bool {
		return p.mayBatchLocked(f) &&
			(f.tasks.len >= p.limits.BatchSize || now-f.tasks.first.Submitted >= p.limits.BatchDelay)
	})
}

// mayBatchLocked reports whether a batch of a former has a lane, as its first task would. It has
// while a child waits, which may be anywhere in a former and must not wait for its parent.
func (p *Pool) mayBatchLocked(f *Former) bool {
	return p.children > 0 || p.hasLaneLocked(f.laneLocked(nil))
}

// oldestLocked returns the eligible former whose first task has waited longest.
func (p *Pool) oldestLocked(eligible func(*Former) bool) *Former {
	var oldest *Former
	kept := p.forming[:0]
	for _, f := range p.forming {
		if f.tasks.len == 0 {
			f.listed = false
			continue
		}
		kept = append(kept, f)
		if eligible(f) && (oldest == nil || f.tasks.first.Submitted < oldest.tasks.first.Submitted) {
			oldest = f
		}
	}
	clear(p.forming[len(kept):])
	p.forming = kept
	return oldest
}

const (
	// expiryGrain is the shortest time between two looks for expired tasks. A finer
	// one would spend more on looking than callers could notice.
	expiryGrain = time.Millisecond
	// expiryShare times what the last look took is the other bound: a look holds the
	// pool's lock for some 2 ns a waiting task, 2 ms at the largest queue of a million,
	// and must not hold it for more than a tenth of the time.
	expiryShare = 10
)

// watchLocked makes the alarm ring when the deadline passes.
func (p *Pool) watchLocked(deadline time.Duration) {
	if deadline == 0 || p.closedAndIdleLocked() {
		return
	}
	now := p.executor.Now()
	at := max(deadline, now+max(p.alarmGap, expiryGrain))
	switch {
	case p.alarmAt != 0 && p.alarmAt <= at:
	case p.alarm == nil:
		p.alarm = time.AfterFunc(at-now, p.expireWaiting)
		p.alarmAt = at
	default:
		p.alarm.Reset(at - now)
		p.alarmAt = at
	}
}

func (p *Pool) closedAndIdleLocked() bool {
	return p.closed && p.busy.Load() == 0 && p.queued.Load() == 0
}

// expireWaiting ends what waits beyond its deadline and sets the alarm for the rest.
func (p *Pool) expireWaiting() {
	x := p.executor
	var late []*Task
	earliest := time.Duration(0)
	p.mu.Lock()
	now := x.Now()
	for t := range p.waitingLocked {
		switch {
		case t.Deadline == 0:
		case t.Deadline <= now:
			if t.state.CompareAndSwap(waiting, expired) {
				late = append(late, t)
			}
		case earliest == 0 || t.Deadline < earliest:
			earliest = t.Deadline
		}
	}
	for _, t := range late { // not meanwhile: a heap moves what follows
		p.dequeueLocked(t)
	}
	p.fillLocked() // they may have been in front of others
	p.alarmAt = 0
	p.alarmGap = max(expiryGrain, expiryShare*(x.Now()-now))
	p.watchLocked(earliest)
	p.watchLocked(p.heldLocked(now))
	p.mu.Unlock()
	for _, t := range late {
		x.expire(t, now)
	}
}

// waitingLocked iterates over everything that waits; nothing may leave meanwhile.
func (p *Pool) waitingLocked(yield func(*Task) bool) {
	for t := range p.queue.all {
		if !yield(t) {
			return
		}
	}
	for _, f := range p.forming {
		for t := range f.tasks.all {
			if !yield(t) {
				return
			}
		}
	}
}
