package helix

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/route"
)

// Do runs fn the way that the router decides and returns its result. The caller
// waits at most until ctx ends. See the package comment for the errors.
//
//	hash, err := helix.Do(ctx, r, helix.Hint{Kind: "argon2", Budget: time.Second}, func(ctx context.Context) ([]byte, error) {
//		return argon2.Key(...), nil
//	})
func Do[T any](ctx context.Context, r *Router, h Hint, fn func(context.Context) (T, error)) (T, error) {
	k, err := r.kinds.named(h.Kind)
	if err != nil {
		var none T
		return none, err
	}
	j := job{hint: &h, course: course{arms: plainArms, unsized: h.Cost == 0}}
	return submit[T](ctx, r, k, &j, function[T](fn))
}

// function is a closure as a job.
type function[T any] func(context.Context) (T, error)

// Run implements exec.Job.
func (f function[T]) Run(ctx context.Context) (T, error) { return f(ctx) }

// job is one submit on its way to its end.
type job struct {
	hint *Hint // may be on its caller's stack
	course
}

// course is all of a job that may outlive the call that began it.
type course struct {
	arms      route.Set // what it can do; a function cannot be batched, whatever its kind can
	foreign   bool      // it came with an option that is none
	id        uint64
	unsized   bool
	submitted time.Duration // router clock
	decided   time.Duration // router clock: when it was, last; submitted, unless it came back
	returned  bool          // it was sent to a peer, and has to run here after all
	deadline  time.Duration // router clock; 0 = none
	tenant    uint16        // number of the hint's; 0 = none
	child     bool          // it was submitted from inside a job
	decision  route.Decision
	seen      seen
	times     exec.Times // of a job that ran to its end
	trace     *jobTrace  // nil = it is not traced
}

// seen is what the decision was made on, for whoever wants it explained.
type seen struct {
	view    *view
	load    route.Load
	allowed route.Set
	quote   *route.Quote // nil where no peer was asked for: most jobs carry nothing for it
}

func (j *job) fault() error {
	if j.foreign {
		return &HintError{"CallOption", "is of a type that is none: use Budget, Deadline, Cost, Scaling, Tenant, Class, JobID or Reach"}
	}
	return j.hint.fault()
}

// budget is the time that was left at submit; 0 = no deadline.
func (j *job) budget() time.Duration {
	if j.deadline == 0 {
		return 0
	}
	return max(j.deadline-j.submitted, 1)
}

// left is the time that was left when it was decided; 0 = no deadline.
func (j *job) left() time.Duration {
	if j.deadline == 0 {
		return 0
	}
	return max(j.deadline-j.decided, 1)
}

// request and subject are what the policy is told.
func (j *job) request() route.Request {
	return route.Request{Cost: j.hint.Cost, Budget: j.left(), Scaling: float32(j.hint.Scaling), Unsized: j.unsized}
}

func (j *job) subject(k *kind) route.Subject {
	return route.Subject{Kind: k.number, Class: j.hint.Class, Allowed: j.seen.allowed}
}

// class is the hint's, where the policy looks at it.
func (j *job) class() route.Class {
	if j.seen.view.config.Policy != PolicyAdaptive {
		return route.ClassDefault
	}
	return j.hint.Class
}

// units is the declared size, 0 = none.
func (j *job) units() uint64 {
	if j.unsized {
		return 0
	}
	return j.hint.Cost
}

// size is what the decision predicted.
func (j *job) size() exec.Size {
	return exec.Size{Service: j.decision.Service, Alone: j.decision.Alone, Units: j.units(), Cell: admission.Cell(j.decision.Cell), Child: j.child}
}

// submit is the walk of one job: decide, then run it inline here, or hand it to
// an executor and wait.
func submit[Out any, J exec.Job[Out]](ctx context.Context, r *Router, k *kind, j *job, work J) (Out, error) {
	if err := r.admit(ctx, k, j); err != nil {
		var none Out
		return none, err
	}
	return run[Out](ctx, r, k, j, work)
}

// run runs a job that was admitted.
func run[Out any, J exec.Job[Out]](ctx context.Context, r *Router, k *kind, j *job, work J) (Out, error) {
	switch j.decision.Strategy {
	case route.Inline:
		return runHere[Out](ctx, r, k, j, work)
	case route.Remote:
		return runRemote[Out](ctx, r, k, j, work)
	}
	return runAway[Out](ctx, r, k, j, work)
}

// runHere runs a job on the caller's goroutine.
func runHere[Out any, J exec.Job[Out]](ctx context.Context, r *Router, k *kind, j *job, work J) (Out, error) {
	if j.decision.Reason == route.ReasonNested {
		return runNested[Out](ctx, r, k, j, work)
	}
	r.note(k, j)
	o := route.Outcome{Kind: k.number, Strategy: route.Inline, Units: j.units(), Budget: j.budget()}
	out, end, err := exec.Inline[Out](ctx, r.exec, &o, j.submitted, j.traced(), work)
	j.times.Run = o.Run
	if end != route.Done {
		err = r.wrap(k, route.Inline, end, err)
	}
	return out, err
}

// runNested runs a job that was submitted from inside another one, on its
// parent's slot.
func runNested[Out any, J exec.Job[Out]](ctx context.Context, r *Router, k *kind, j *job, work J) (Out, error) {
	j.waits()
	loan, end, err := r.exec.Borrow(ctx, j.deadline)
	if err != nil {
		var none Out
		return none, r.endUnrun(k, j, end, err)
	}
	defer loan.Return()
	r.note(k, j)
	started := r.exec.Now()
	o := route.Outcome{Kind: k.number, Strategy: route.Inline, Nested: true, Wait: started - j.submitted, Units: j.units(), Budget: j.budget()}
	out, end, err := exec.Inline[Out](loan.Context(ctx), r.exec, &o, started, j.traced(), work)
	j.times = exec.Times{Wait: o.Wait, Run: o.Run}
	return out, r.wrap(k, route.Inline, end, err)
}

// runAway runs a job elsewhere than inline and waits for its end.
func runAway[Out any, J exec.Job[Out]](ctx context.Context, r *Router, k *kind, j *job, work J) (Out, error) {
	d := j.decision.Strategy
	if d == route.CPUPool && ctx.Done() == nil {
		if turn, ok := r.exec.Pool.TryTake(j.size()); ok {
			// The caller cannot leave, so it need not stay free to: it runs the job itself.
			return runOnSlot[Out](ctx, r, k, j, turn, work)
		}
	}
	t := r.exec.NewTask()
	call := newCall[Out](ctx, r, k, j, t, work)
	var none Out
	if err := r.place(ctx, t, k, j); err != nil {
		if err == errMustNotWait {
			return runHere[Out](ctx, r, k, j, work)
		}
		return none, err
	}
	times, err := r.exec.Await(ctx, t)
	if err != nil {
		return none, err
	}
	j.times = times
	out, end, err := call.Result()
	return out, r.wrap(k, j.decision.Strategy, end, err)
}

func runOnSlot[Out any, J exec.Job[Out]](ctx context.Context, r *Router, k *kind, j *job, turn exec.Turn, work J) (Out, error) {
	r.note(k, j)
	o := route.Outcome{Kind: k.number, Strategy: route.CPUPool, Units: j.units(), Budget: j.budget()}
	out, end, err := exec.OnSlot[Out](ctx, r.exec, &o, j.submitted, j.traced(), turn, work)
	j.times.Run = o.Run
	if j.seen.view.learning != nil && end.Ran() {
		if lesson, ok := j.seen.view.learning.Lesson(j.request(), j.subject(k), j.seen.load, &j.seen.view.signals, j.decision); ok {
			r.exec.Teach(&lesson, j.decision.Service, o.Run, j.budget(), end)
		}
	}
	return out, r.wrap(k, route.CPUPool, end, err)
}

func newCall[Out any, J exec.Job[Out]](ctx context.Context, r *Router, k *kind, j *job, t *exec.Task, work J) *exec.Call[J, Out] {
	t.Kind, t.Strategy, t.Class, t.Urgent = k.number, j.decision.Strategy, j.class(), urgent(j.decision.Reason)
	t.Submitted, t.Deadline = j.submitted, j.deadline
	t.Trace = j.traced()
	j.waits()
	if j.seen.view.learning != nil {
		t.Lesson, t.Taught = j.seen.view.learning.Lesson(j.request(), j.subject(k), j.seen.load, &j.seen.view.signals, j.decision)
	}
	t.Rank, t.Latest, t.Size = j.decided+j.decision.Order, 0, j.size()
	if j.child {
		t.Rank = math.MinInt64 // its parent waits for it, and others may wait for the parent
	}
	if j.decision.Start > 0 {
		t.Latest = j.decided + j.decision.Start
	}
	return exec.NewCall[Out](ctx, r.exec, t, work)
}

// errMustNotWait asks the submitter of a nested job to run it inline.
var errMustNotWait = errors.New("the job must not wait for a slot: its parent holds one")

// place hands a task to the executor of its strategy. A refusal there, at a bound
// that the decision could not see, is a shed like any other.
func (r *Router) place(ctx context.Context, t *exec.Task, k *kind, j *job) error {
	var placed exec.Placement
	switch j.decision.Strategy {
	case route.Spawn:
		if !r.exec.Spawner.Start(t) {
			// Full since the decision: the pool's queue is the bounded place to wait.
			if r.exec.HoldsSlot(ctx) {
				r.reroute(j, route.Inline, route.ReasonNested)
				return errMustNotWait // who runs it inline notes the decision
			}
			r.reroute(j, route.CPUPool, route.ReasonSpawnFull)
			t.Strategy, t.Taught = route.CPUPool, false // what was learned of would be another arm
			if j.child = r.exec.Within(ctx); j.child {
				t.Size.Child, t.Rank = true, math.MinInt64
			}
			return r.place(ctx, t, k, j)
		}
	case route.Batch:
		placed = k.former.Submit(t)
	default:
		placed = r.exec.Pool.Submit(t)
	}
	switch placed {
	case exec.Placed:
		r.note(k, j)
		return nil
	case exec.Closed:
		return r.refusePlaced(k, j, route.ReasonClosed)
	default:
		return r.refusePlaced(k, j, route.ReasonQueueFull)
	}
}
