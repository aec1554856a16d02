package exec

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// Executor runs jobs in every way that needs more than the caller's own
// goroutine. It is safe for concurrent use.
type Executor struct {
	Clock
	Pool    *Pool
	Spawner *Spawner
	Carrier *Carrier

	recorder  *feedback.Recorder
	abandoned registry
	tasks     sync.Pool          // of *Task, for NewTask
	base      context.Context    // ends when Close gives up waiting
	giveUp    context.CancelFunc // ends base
}

// Limits are the bounds of an Executor that can change while it runs.
type Limits struct {
	Width       int           // pool slots
	Lanes       int           // tasks of about the same size that run on them at a time; 0 = as many as there are slots
	Cores       float64       // that they share; only where there are lanes
	QueueCap    int           // jobs that may wait for a slot
	SpawnLimit  int           // goroutines of spawned jobs
	RemoteLimit int           // jobs that other machines run at a time
	BatchSize   int           // jobs in one batch
	BatchDelay  time.Duration // how long a forming batch yields to queued jobs
}

// New returns an Executor that starts no goroutine before it has a job.
func New(clock Clock, recorder *feedback.Recorder, limits Limits) *Executor {
	x := &Executor{Clock: clock, recorder: recorder}
	x.base, x.giveUp = context.WithCancel(context.Background())
	x.Pool = newPool(x)
	x.Spawner = newSpawner(x)
	x.Carrier = newCarrier(x)
	x.SetLimits(limits)
	return x
}

// SetLimits changes the bounds. More room is used at once; with less, what runs
// or waits already stays, and nothing new is taken until it fits.
func (x *Executor) SetLimits(l Limits) {
	x.Pool.setLimits(l)
	x.Spawner.setLimit(l.SpawnLimit)
	x.Carrier.setLimit(l.RemoteLimit)
}

// Await waits until t has ended or ctx has, and takes t out of its queue or
// abandons it in the second case. A nil error means that t.Work holds the result.
// The task must not be used afterwards.
func (x *Executor) Await(ctx context.Context, t *Task) (Times, error) {
	if ctx.Done() == nil {
		<-t.done
	} else {
		select {
		case <-t.done:
		case <-ctx.Done():
			if x.leave(t) {
				return Times{}, ctx.Err()
			}
			<-t.done
		}
	}
	var times Times
	if t.state.Load() == ended { // a task that Close has claimed may be starting right now
		times = Times{Wait: t.started - t.Submitted, Run: t.ran}
	}
	x.recycle(t)
	return times, nil
}

// Times is how long a job that ran to its end took.
type Times struct {
	Wait time.Duration // from submit to start
	Run  time.Duration // from start to end
}

// Watch makes a future's task end when ctx does. Call it after the task was submitted.
func (x *Executor) Watch(ctx context.Context, t *Task) {
	if ctx.Done() == nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { x.cancel(t, ctx.Err()) })
	t.unhook.Store(&stop)
	select {
	case <-t.done: // it has ended before it could see stop
		stop()
	default:
	}
}

// leave ends t for its caller, who is gone: a waiting task leaves its queue, a
// running one keeps its slot until it returns. It is false when t has ended already.
func (x *Executor) leave(t *Task) bool {
	if !x.claim(t) {
		return false
	}
	if t.home != nil {
		t.home.unlink(t)
	}
	x.left(t)
	return true
}

// claim takes the arrow to left or to abandoned.
func (x *Executor) claim(t *Task) bool {
	return t.state.CompareAndSwap(waiting, left) || x.abandoned.add(t)
}

// left writes the ledger entry of a claimed task.
func (x *Executor) left(t *Task) {
	if t.state.Load() == abandoned && t.batch != nil {
		t.batch.drop()
	}
	x.record(t, route.Canceled, Times{Wait: x.Now() - t.Submitted}, 0)
}

// cancel ends t with err for a caller who still waits.
func (x *Executor) cancel(t *Task, err error) {
	if x.leave(t) {
		t.Work.Overrule(route.Canceled, err)
		t.signal()
	}
}

// expire ends a task that did not start in time.
func (x *Executor) expire(t *Task, now time.Duration) {
	x.record(t, route.Expired, Times{Wait: now - t.Submitted}, 0)
	t.Work.Overrule(route.Expired, route.ErrExpired)
	t.signal()
}

// settle writes the ledger entry of a task that has run. It is false when the
// caller has left meanwhile, and nobody waits for a signal.
func (x *Executor) settle(t *Task, d route.Disposition) bool {
	run := x.Now() - t.started
	wait := t.started - t.Submitted
	if t.Trace != nil {
		t.Trace.Return(t.started+run, d, t.Work.Err())
	}
	if !t.state.CompareAndSwap(running, ended) {
		x.abandoned.remove(t)
		return false
	}
	t.ran = run
	x.record(t, d, Times{Wait: wait, Run: run}, t.served)
	if t.Taught && d.Ran() { // who hung up says nothing about the arm
		x.Teach(&t.Lesson, t.Size.Service, wait+run, t.budget(), d)
	}
	return true
}

// budget is the time that the task had; 0 = none.
func (t *Task) budget() time.Duration {
	if t.Deadline == 0 {
		return 0
	}
	return t.Deadline - t.Submitted
}

// Teach gives the learner the end of a job.
func (x *Executor) Teach(lesson *learn.Sample, service, sojourn, budget time.Duration, end route.Disposition) {
	policy.Grade(lesson, service, sojourn, budget, end)
	x.recorder.Learn(lesson)
}

// record does not read served from the task: the worker of one that was left may be writing it.
func (x *Executor) record(t *Task, d route.Disposition, took Times, served time.Duration) {
	x.recorder.Record(&route.Outcome{Kind: t.Kind, Strategy: t.Strategy, Disposition: d, Wait: took.Wait, Run: took.Run, Served: served, Units: t.Size.Units, Budget: t.budget()})
	if t.Trace != nil {
		batch := 0
		if t.batch != nil {
			batch = int(t.batch.size.Load())
		}
		t.Trace.End(d, took, batch)
	}
}

// closeGrace is how long Close waits, after it has cancelled what still runs, for
// jobs that honour their context to return. Kernels check every 100 us, so 100 ms is
// three orders above; more would only delay the report of those that do not.
const closeGrace = 100 * time.Millisecond

// Close refuses new tasks, waits for the others and returns nil when none is
// left. When ctx ends first, waiting and running tasks end with
// route.ErrClosed for their callers, and the error reports what still runs.
func (x *Executor) Close(ctx context.Context) error {
	idle := []<-chan struct{}{x.Pool.close(), x.Spawner.close(), x.Carrier.close()}
	for _, ch := range idle {
		select {
		case <-ch:
		case <-ctx.Done():
			return x.abort(idle)
		}
	}
	x.giveUp()
	return nil
}

func (x *Executor) abort(idle []<-chan struct{}) error {
	claimed := append(x.Pool.claimAll(), x.Spawner.claimAll()...)
	x.giveUp() // only now, or a job that stops for it would end before it is claimed
	for _, t := range claimed {
		x.left(t)
		t.Work.Overrule(route.Canceled, route.ErrClosed)
		t.signal()
	}
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	for _, ch := range idle {
		select {
		case <-ch:
		case <-grace.C:
			return &LeftoverError{Jobs: x.Abandoned(), OnCallers: x.Pool.lentSlots()}
		}
	}
	return nil
}

// LeftoverError reports the work that outlived Close.
type LeftoverError struct {
	Jobs      []AbandonedTask
	OnCallers int // jobs that their callers run themselves, see Pool.TryTake
}

// Error names the numbers and what to do.
func (e *LeftoverError) Error() string {
	return fmt.Sprintf("closed with %d job(s) still running: they ignore their context and hold their goroutines until they return", len(e.Jobs)+e.OnCallers)
}
