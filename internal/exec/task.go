package exec

import (
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/route"
)

// Work is what a task runs.
type Work interface {
	// Run calls user code on the goroutine that it is called on, keeps the result
	// for the caller and says how it ended. onSlot tells whether the goroutine has a
	// pool slot, so that what the work submits need not wait for one.
	Run(onSlot bool) route.Disposition
	// Enter starts a trace of the work, which then runs in the context of the trace.
	// Only who is about to run the work calls it.
	Enter(t Trace, at time.Duration)
	// Keep stores the end of work that did not come to Run's return. Only who runs
	// the work calls it.
	Keep(d route.Disposition, err error)
	// Err is the error that the work returned. Only who ran it calls it.
	Err() error
	// Overrule stores the end that the caller gets whatever the work returns: the
	// work does not start, or its caller is told before it has returned.
	Overrule(d route.Disposition, err error)
}

// Task is one job that does not run on its caller's goroutine: what every
// executor queues, runs and ends. See the package comment for its life.
type Task struct {
	Work      Work
	Kind      uint32
	Strategy  route.Strategy
	Class     route.Class
	Urgent    bool          // it runs for a floor, and takes the place of others in a full queue
	Submitted time.Duration // router clock
	Deadline  time.Duration // router clock; 0 = none
	Latest    time.Duration // router clock: a later start would be in vain; 0 = until Deadline
	Rank      time.Duration // whose is the least is the next to leave the queue
	Size      Size
	Lesson    learn.Sample // what the learner has to know, where Taught
	Taught    bool
	Trace     Trace // nil = none; it ends with the task, not before its work returns

	state   atomic.Uint32
	started time.Duration // written before the state becomes running
	ran     time.Duration // written before the signal of a task that has run
	// done ends the wait. A waiter's task gets one send and can be used again;
	// a future's is closed, so that it can be waited for many times.
	done   chan struct{}
	future bool
	unhook atomic.Pointer[func() bool] // stops watching the caller's context; futures only

	home  home      // who can take the task out of its queue; nil when it does not queue
	batch *batchRun // written before the state becomes running, when it runs in a batch

	joined float64       // of capacity.Share; written by who starts it
	served time.Duration // core time that it had; written before it is settled

	// Its place in the line that it waits in; guarded by the mutex of the line's owner.
	line   *line
	former *Former
	place  int
	ticket uint64

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

// NewTask returns a task for a caller that waits for it with Await. Tasks are used
// again by the same executor only: a channel must not leave its synctest bubble.
func (x *Executor) NewTask() *Task {
	if t, ok := x.tasks.Get().(*Task); ok {
		return t
	}
	return &Task{done: make(chan struct{}, 1)}
}

// NewFuture returns a task whose end can be waited for by anybody, many times.
func NewFuture() *Task { return &Task{done: make(chan struct{}), future: true} }

// Done is closed when a future's task has ended.
func (t *Task) Done() <-chan struct{} { return t.done }

// recycle makes a task that has been waited for ready for its next caller. Only a
// task that its worker has let go of may be recycled: one whose end was received
// and that was not claimed by Close, since then it still runs or is on its way to.
func (x *Executor) recycle(t *Task) {
	if s := t.state.Load(); s != ended && s != expired {
		return
	}
	t.Work, t.home, t.batch, t.started, t.ran, t.served = nil, nil, nil, 0, 0, 0
	t.Taught, t.Trace = false, nil
	t.state.Store(waiting)
	x.tasks.Put(t)
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
	if t.late(now) {
		return false, t.state.CompareAndSwap(waiting, expired)
	}
	t.started = now
	return t.state.CompareAndSwap(waiting, running), false
}
