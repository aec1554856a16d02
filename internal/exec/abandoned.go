package exec

import (
	"sync"
	"time"

	"github.com/helixrouter/helix/route"
)

// registry lists the tasks whose callers have left while they ran. They hold
// their slots until they return.
type registry struct {
	mu    sync.Mutex
	tasks map[*Task]struct{} // guarded by mu
}

// add abandons t if it runs. The state changes under the lock, so that remove
// cannot come before add.
func (r *registry) add(t *Task) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !t.state.CompareAndSwap(running, abandoned) {
		return false
	}
	if r.tasks == nil {
		r.tasks = make(map[*Task]struct{})
	}
	r.tasks[t] = struct{}{}
	return true
}

func (r *registry) remove(t *Task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tasks, t)
}

// AbandonedTask is work that outlives its caller's interest in it.
type AbandonedTask struct {
	Kind     uint32
	Strategy route.Strategy
	Running  time.Duration // since it started
}

// Abandoned lists the work whose callers have left, in no order.
func (x *Executor) Abandoned() []AbandonedTask {
	now := x.Now()
	x.abandoned.mu.Lock()
	defer x.abandoned.mu.Unlock()
	out := make([]AbandonedTask, 0, len(x.abandoned.tasks))
	for t := range x.abandoned.tasks {
		out = append(out, AbandonedTask{Kind: t.Kind, Strategy: t.Strategy, Running: now - t.started})
	}
	return out
}
