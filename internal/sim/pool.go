package sim

import (
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/capacity"
	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// pool is the slots and what waits for them. It is internal/exec's Pool and Formers
// without goroutines: the same bounds, and the same order (exec/next.go).
type pool struct {
	busy    int
	queued  int               // in queue and formers
	queue   list              // single tasks
	formers []list            // by kind
	plans   []policy.Batching // by kind
	scan    []policy.Waiting  // of batch, for use again
	batched int               // batches picked since the last single task
	wake    time.Duration     // when the first hold of a batch ends; never = none is held
	best    int32             // of an oracle's order, among the tasks of queue up to seen; or none
	seen    int32

	width, cap, batchSize int
	lanes                 int // how many of about the same size may run, 0 = as many as there are slots
	share                 capacity.Share
	waits                 admission.Backlog
	batchDelay            time.Duration
}

// hasRoom reports whether a task would be placed now.
func (p *pool) hasRoom() bool {
	return p.busy < p.effective() || p.queued < p.cap
}

// effective is how many tasks of about the same size run at a time.
func (p *pool) effective() int {
	if p.lanes > 0 {
		return p.lanes
	}
	return p.width
}

func (p *pool) slotFree() bool { return p.busy < p.width }

// mayStart reports whether a task of a predicted size would start now.
func (p *pool) mayStart(service time.Duration) bool {
	return p.slotFree() && (p.lanes == 0 || p.share.Rivals(service) < p.lanes)
}

// line is where a task waits.
func (p *pool) line(t *task) *list {
	if t.strategy == route.Batch {
		return &p.formers[t.kind]
	}
	return &p.queue
}

// submit puts a task on a free slot or lets it wait.
func (r *run) submit(t int32) {
	if r.oracle == nil && r.mayStartTask(t) {
		r.pool.busy++
		if r.tasks[t].strategy == route.Batch {
			r.startBatch(t)
		} else {
			r.start(t)
		}
		return
	}
	task := &r.tasks[t]
	if task.strategy == route.Batch {
		r.pool.line(task).push(r.tasks, t)
	} else {
		r.pool.queue.insert(r.tasks, t)
	}
	r.pool.waits.Add(task.cell, task.service)
	r.pool.queued++
	if task.strategy == route.Batch {
		r.hold(int(task.kind))
	}
	r.order++
	task.ticket = r.order
	if task.due != never {
		r.expiries.push(entry{float64(task.due), task.ticket, t})
	}
	if r.oracle != nil {
		r.turn()
	}
}

// leave takes a waiting task out of its line.
func (r *run) leave(t int32) {
	r.pool.forget(t, r.tasks[t].prev)
	r.pool.line(&r.tasks[t]).remove(r.tasks, t)
	r.pool.queued--
	r.pool.waits.Add(r.tasks[t].cell, -r.tasks[t].service)
	r.tasks[t].ticket = 0
}

// fill starts what may start of what waits.
func (r *run) fill() {
	p := &r.pool
	for p.queued > 0 && p.slotFree() {
		if !r.fillOne() {
			return
		}
	}
}

// fillOne takes the next batch or task, and starts it unless it is too late. It is false if
// what comes next may not start yet.
func (r *run) fillOne() bool {
	p := &r.pool
	if kind := r.oldest(true); kind >= 0 && (p.batched < exec.BatchesInRow || p.queue.len == 0) {
		return r.startOldest(kind)
	}
	t := r.pick()
	if t == none {
		return r.startOldest(r.oldest(false))
	}
	p.batched = 0
	r.leave(t)
	if r.late(t) {
		r.expire(t)
		return true
	}
	p.busy++
	r.start(t)
	return true
}

// pick returns the first task in order, among the first that a slot looks at, that may start.
func (r *run) pick() int32 {
	t := r.pool.queue.first
	for range exec.Look {
		if t == none || r.pool.mayStart(r.tasks[t].service) {
			return t
		}
		t = r.tasks[t].next
	}
	return none
}

// late reports whether a task that is about to start cannot be done in time.
func (r *run) late(t int32) bool {
	task := &r.tasks[t]
	if r.pool.lanes == 0 {
		return task.due <= r.now
	}
	return min(task.due, task.latest) <= r.now
}

func (r *run) startOldest(kind int) bool {
	if kind < 0 {
		return false
	}
	r.pool.batched++
	if first := r.batch(kind); first != none {
		r.pool.busy++
		r.startBatch(first)
	}
	return true
}

// oldest returns the kind whose first waiting batch task has waited longest, or -1;
// if due, only among those that must not wait any longer.
func (r *run) oldest(due bool) int {
	best, p := -1, &r.pool
	for kind := range p.formers {
		l := &p.formers[kind]
		if l.len == 0 || !r.mayBatch(kind) || due && l.len < p.batchSize && r.now-r.tasks[l.first].job.At < p.batchDelay {
			continue
		}
		if best < 0 || r.tasks[l.first].ticket < r.tasks[p.formers[best].first].ticket {
			best = kind
		}
	}
	return best
}
