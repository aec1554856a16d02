package sim

import (
	"time"

	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/route"
)

// pool is the slots and what waits for them. It is internal/exec's Pool and Formers
// without goroutines: the same bounds, and the same order (exec/next.go).
type pool struct {
	busy    int
	queued  int    // in queue and formers
	queue   list   // single tasks
	formers []list // by kind
	batched int    // batches picked since the last single task
	best    int32  // of an oracle's order, among the tasks of queue up to seen; or none
	seen    int32

	width, cap, batchSize int
	batchDelay            time.Duration
}

// hasRoom reports whether a task would be placed now.
func (p *pool) hasRoom() bool { return p.slotFree() || p.queued < p.cap }

func (p *pool) slotFree() bool { return p.busy < p.width }

// line is where a task waits.
func (p *pool) line(t *task) *list {
	if t.strategy == route.Batch {
		return &p.formers[t.kind]
	}
	return &p.queue
}

// submit puts a task on a free slot or lets it wait.
func (r *run) submit(t int32) {
	if r.pool.slotFree() && r.oracle == nil {
		r.pool.busy++
		if r.tasks[t].strategy == route.Batch {
			r.startBatch(t)
		} else {
			r.start(t)
		}
		return
	}
	task := &r.tasks[t]
	r.pool.line(task).push(r.tasks, t)
	r.pool.queued++
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
	r.tasks[t].ticket = 0
}

// changeShift picks a slot's next work, or gives the slot back.
func (r *run) changeShift() {
	p := &r.pool
	for p.queued > 0 {
		if kind := r.oldest(true); kind >= 0 && (p.batched < exec.BatchesInRow || p.queue.len == 0) {
			p.batched++
			if r.startBatch(r.batch(kind)) {
				return
			}
			continue
		}
		if p.queue.len > 0 {
			p.batched = 0
			t := p.queue.first
			r.leave(t)
			if r.tasks[t].due > r.now {
				r.start(t)
				return
			}
			r.expire(t)
			continue
		}
		p.batched++
		if r.startBatch(r.batch(r.oldest(false))) {
			return
		}
	}
	p.busy--
}

// oldest returns the kind whose first waiting batch task has waited longest, or -1;
// if due, only among those that must not wait any longer.
func (r *run) oldest(due bool) int {
	best, p := -1, &r.pool
	for kind := range p.formers {
		l := &p.formers[kind]
		if l.len == 0 || due && l.len < p.batchSize && r.now-r.tasks[l.first].job.At < p.batchDelay {
			continue
		}
		if best < 0 || r.tasks[l.first].ticket < r.tasks[p.formers[best].first].ticket {
			best = kind
		}
	}
	return best
}

// batch takes up to a batch of a kind's waiting tasks, as a chain; those that
// are too late expire. It returns the first, or none.
func (r *run) batch(kind int) int32 {
	l := &r.pool.formers[kind]
	first, last := none, none
	for n := 0; l.len > 0 && n < r.pool.batchSize; n++ {
		t := l.first
		r.leave(t)
		switch {
		case r.tasks[t].due <= r.now:
			r.expire(t)
			continue
		case last == none:
			first = t
		default:
			r.tasks[last].next = t
		}
		last = t
	}
	return first
}

// startBatch runs a chain of tasks as one thread, and charges each with an even share.
func (r *run) startBatch(first int32) bool {
	if first == none {
		return false
	}
	n, alone := 0, 0.0
	for t := first; t != none; t = r.tasks[t].next {
		n++
		alone += float64(r.tasks[t].job.Service)
		r.tasks[t].started = r.now
	}
	c := r.curves[r.tasks[first].kind]
	need := float64(c.Fixed) + float64(c.Share*alone)
	for t := first; t != none; t = r.tasks[t].next {
		r.tasks[t].cost = need / float64(n)
	}
	r.recorder.Batch(n)
	r.order++
	r.cores.start(first, r.order, need)
	return true
}
