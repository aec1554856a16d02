package exec

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/route"
)

// Work is what a task runs.
type Work interface {
	// Run calls user code on the goroutine that it is called on, keeps the result
	// for the caller and says how it ended.
	Run() route.Disposition
	// Keep stores the end of work that did not come to Run's return.
	Keep(d route.Disposition, err error)
}

// Task is one job that does not run on its caller's goroutine: what every
// executor queues, runs and ends. See the package comment for its life.
type Task struct {
	Work      Work
	Kind      uint32
	Strategy  route.Strategy
	Submitted time.Duration // router clock
	Deadline  time.Duration // router clock; 0 = none

	state   atomic.Uint32
	started time.Duration // written before the state becomes running
	// done ends the wait. A waiter's task gets one send and can be used again;
	// a future's is closed, so that it can be waited for many times.
	done   chan struct{}
	future bool
	unhook atomic.Pointer[func() bool] // stops watching the caller's context; futures only

	home  home      // who can take the task out of its queue; nil when it does not queue
	batch *batchRun // written before the state becomes running, when it runs in a batch

	// The list that holds the task; guarded by the mutex of the list's owner.
	in         *list
	prev, next *Task
}

// home is an executor whose queue a task can leave.
type home interface{ unlink(t *Task) }

// The states of a task.
const (
	waiting uint32 = iota
	running
	ended
	abandoned
	left
	expired
)

var tasks = sync.Pool{New: func() any { return &Task{done: make(chan struct{}, 1)} }}

// NewTask returns a task for a caller that waits for it with Await.
func NewTask() *Task { return tasks.Get().(*Task) }

// NewFuture returns a task whose end can be waited for by anybody, many times.
func NewFuture() *Task { return &Task{done: make(chan struct{}), future: true} }

// Done is closed when a future's task has ended.
func (t *Task) Done() <-chan struct{} { return t.done }

// recycle makes a task that has been waited for ready for its next caller. Only
// a task whose end was received may be recycled: its worker has let go of it by then.
func (t *Task) recycle() {
	t.Work, t.home, t.batch = nil, nil, nil
	t.state.Store(waiting)
	tasks.Put(t)
}

// signal ends the wait. The task may be recycled by its waiter from here on.
func (t *Task) signal() {
	if !t.future {
		t.done <- struct{}{}
		return
	}
	close(t.done)
	t.stopWatching()
}

func (t *Task) stopWatching() {
	if stop := t.unhook.Load(); stop != nil {
		(*stop)()
	}
}

// begin claims the task for running. It is false when its caller has left or its
// deadline has passed; the second is for the one who asked to record and signal.
func (t *Task) begin(now time.Duration) (ok, late bool) {
	if t.Deadline != 0 && now >= t.Deadline {
		return false, t.state.CompareAndSwap(waiting, expired)
	}
	t.started = now
	return t.state.CompareAndSwap(waiting, running), false
}
