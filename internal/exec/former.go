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

	plan policy.Batching // what is known of the kind's batches; guarded by pool.mu
	due  time.Duration   // no task was late before, of those that came since there was none; guarded by pool.mu

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
	if p.closed || (p.fullLocked() && !start) {
		closed := p.closed
		p.mu.Unlock()
		if closed {
			return Closed
		}
		return Full
	}
	if f.tasks.len == 0 {
		f.due = policy.Endless
	}
	f.due = min(f.due, t.due())
	f.tasks.push(t)
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
	if start {
		go p.work(shift{former: f})
	}
	return Placed
}

// busyLocked reports whether batches of this kind follow one another so closely
// that the next has company to wait for: the pause since the last one is shorter
// than that one was. A lone job, which would wait for nobody, is taken at once.
func (f *Former) busyLocked(now time.Duration) bool { return now-f.ended < f.took }
