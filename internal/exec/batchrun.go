package exec

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/route"
)

// batchRun is one batch on a slot.
type batchRun struct {
	taken   time.Duration      // when it got its slot
	tasks   []*Task            // guarded by pool.mu once the batch is on a slot
	alone   time.Duration      // predicted core time of all of them, one by one; 0 = unknown
	service time.Duration      // that the batch is predicted to take
	joined  float64            // of capacity.Share
	served  time.Duration      // core time that it had, 0 = unknown; written when its slot goes on
	whole   bool               // its batch function returned
	wanted  atomic.Int32       // tasks whose callers have not left
	size    atomic.Int32       // tasks that have begun
	cancel  context.CancelFunc // ends the batch's context; written before the first task is running
}

// drop is called when the caller of one task has left; the last one cancels the batch.
func (b *batchRun) drop() {
	if b.wanted.Add(-1) == 0 {
		b.cancel()
	}
}

// runBatch runs one batch and returns the slot's next shift.
func (p *Pool) runBatch(s shift) (next shift) {
	if s.batch == nil {
		p.mu.Lock()
		if s.former.busyLocked(p.executor.Now()) {
			// Submitters that are ready to run come first: without this yield a worker runs as
			// soon as its first submitter waits, and on busy cores each batch is of one.
			p.mu.Unlock()
			runtime.Gosched()
			p.mu.Lock()
		}
		s.former.coming--
		if s.former.tasks.len == 0 { // another slot was faster
			next = p.nextLocked()
			p.mu.Unlock()
			return next
		}
		s = p.takeBatchLocked(s.former)
		p.fillLocked() // it may have taken less than it was started for
		p.mu.Unlock()
	}
	ctx, cancel := context.WithCancel(p.executor.base)
	defer cancel()
	s.batch.cancel = cancel
	begun := p.beginBatch(s.batch)
	if len(begun) == 0 {
		return p.changeShift(s)
	}
	returned := false
	defer func() {
		if !returned { // the batch function called runtime.Goexit: another goroutine takes the slot over
			go p.resume(s, begun)
		}
	}()
	ends, ok := p.runTogether(ctx, s.former, begun)
	returned = true
	if !ok {
		ends = runSingly(begun)
	}
	s.batch.whole = ok
	return p.finishBatch(s, begun, ends)
}

// resume ends a batch whose function took its goroutine with it, and goes on with the slot.
func (p *Pool) resume(s shift, begun []*Task) {
	if next := p.finishBatch(s, begun, runSingly(begun)); next.any() {
		p.work(next)
	}
}

// beginBatch claims the tasks that are still wanted and in time, and leaves only
// them in the batch.
func (p *Pool) beginBatch(b *batchRun) []*Task {
	x := p.executor
	now := x.Now()
	begun, late := make([]*Task, 0, len(b.tasks)), []*Task(nil)
	b.wanted.Store(int32(len(b.tasks)))
	for _, t := range b.tasks {
		t.batch = b
		ok, tooLate := t.begin(now)
		if ok {
			t.enter()
			begun = append(begun, t)
			continue
		}
		if tooLate {
			late = append(late, t)
		}
		b.drop()
	}
	b.size.Store(int32(len(begun)))
	if len(begun) < len(b.tasks) {
		p.mu.Lock()
		b.tasks = begun // before the signal: claimAll must not see a task that its caller uses again
		p.mu.Unlock()
	}
	for _, t := range late {
		x.expire(t, now)
	}
	return begun
}

// runTogether runs the batch. It is not ok when the batch function panicked.
func (p *Pool) runTogether(ctx context.Context, f *Former, begun []*Task) (ends []route.Disposition, ok bool) {
	work := make([]Work, len(begun))
	for i, t := range begun {
		work[i] = t.Work
	}
	p.executor.recorder.Batch(len(begun))
	ctx, end := p.executor.watch(ctx, begun)
	defer func() { end(ok) }()
	slot := &slotContext{Context: ctx, executor: p.executor, holds: true}
	return f.run.RunBatch(slot, work)
}

// runSingly runs each task of a batch by itself, once, after the batch function
// panicked: one bad input fails alone.
func runSingly(begun []*Task) []route.Disposition {
	ends := make([]route.Disposition, len(begun))
	for i, t := range begun {
		if t.state.Load() == running { // its caller is still there
			ends[i] = runAlone(t.Work)
		}
	}
	return ends
}

// runAlone runs the work of one task of a batch on a goroutine of its own, so
// that a runtime.Goexit ends that one and not the batch.
func runAlone(w Work) (end route.Disposition) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		returned := false
		defer func() {
			if !returned {
				end = route.Panicked
				w.Keep(end, errGoexit())
			}
		}()
		end = w.Run(true)
		returned = true
	}()
	<-over
	return end
}

func (p *Pool) finishBatch(s shift, begun []*Task, ends []route.Disposition) (next shift) {
	waited := begun[:0:0]
	for i, t := range begun {
		if p.executor.settle(t, ends[i]) {
			waited = append(waited, t)
		}
	}
	next = p.changeShift(s)
	if s.batch.whole && s.batch.wanted.Load() > 0 { // else it was told to stop
		p.report(s.batch, begun, ends)
	}
	for _, t := range waited {
		t.signal()
	}
	return next
}
