package exec

import (
	"context"
	"time"

	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// Former gathers the tasks of one kind until a slot takes them as one batch. It
// has no goroutine and no timer: tasks are taken when a slot comes free (see
// Pool.nextLocked), and how many they are is decided only when the worker starts,
// so that what arrives meanwhile comes along.
type Former struct {
	pool *Pool
	run  BatchWork

	tasks  list // guarded by pool.mu
	coming int  // workers that were started for tasks and have not taken any; guarded by pool.mu
	listed bool // in pool.forming; guarded by pool.mu

	plan    policy.Batching // what is known of the kind's batches; guarded by pool.mu
	due     time.Duration   // when the first of the tasks is late; guarded by pool.mu
	leaving bool            // many of the tasks are about to leave: their bounds are found at the end; guarded by pool.mu
	latest  time.Duration   // when the first of them must have begun; guarded by pool.mu

	ended time.Duration // when the last batch ended; guarded by pool.mu
	took  time.Duration // how long it had its slot; guarded by pool.mu
}

// BatchWork runs a kind's own batch function over the work of several tasks, on
// the goroutine that it is called on, keeps the results and says how each ended.
// When the batch function panics, ok is false and no result was kept.
type BatchWork interface {
	RunBatch(ctx context.Context, work []Work) (ends []route.Disposition, ok bool)
}

// NewFormer returns a former for one kind.
func (x *Executor) NewFormer(run BatchWork) *Former {
	return &Former{pool: x.Pool, run: run}
}

// Submit adds t to the batch that forms.
func (f *Former) Submit(t *Task) Placement {
	p := f.pool
	t.home = p
	p.mu.Lock()
	start := p.mayStartLocked(f.laneLocked(t)) && f.coming*p.limits.BatchSize <= f.tasks.len
	if p.closed {
		p.mu.Unlock()
		return Closed
	}
	var victim *Task
	if p.fullLocked() && !start {
		var ok bool
		if victim, ok = p.displaceLocked(t); !ok {
			p.mu.Unlock()
			return Full
		}
	}
	f.tightenLocked(t)
	f.tasks.push(t)
	t.former = f
	p.queuedLocked(t)
	if !f.listed {
		f.listed = true
		p.forming = append(p.forming, f)
	}
	if start {
		p.busy.Add(1)
		f.coming++
	} else {
		p.watchLocked(t.Deadline)
		f.holdLocked()
	}
	p.mu.Unlock()
	if victim != nil {
		p.executor.displaced(victim)
	}
	if start {
		go p.work(shift{former: f})
	}
	return Placed
}

// busyLocked reports whether batches of this kind follow one another so closely
// that the next has company to wait for: the pause since the last one is shorter
// than that one was. A lone job, which would wait for nobody, is taken at once.
func (f *Former) busyLocked(now time.Duration) bool { return now-f.ended < f.took }
