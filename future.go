package helix

import (
	"context"

	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/route"
)

// Future is a job that was started with Handle.Go. It is safe for concurrent use.
type Future[Out any] struct {
	done   <-chan struct{}
	result func() (Out, error) // valid once done is closed
}

// Wait returns the job's result, or ctx.Err() when ctx ends first; the job goes
// on then. It may be called many times.
func (f *Future[Out]) Wait(ctx context.Context) (Out, error) {
	select {
	case <-f.done:
		return f.result()
	default:
	}
	select {
	case <-f.done:
		return f.result()
	case <-ctx.Done():
		var none Out
		return none, ctx.Err()
	}
}

// Done is closed when the job has ended.
func (f *Future[Out]) Done() <-chan struct{} { return f.done }

var closedChannel = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func endedFuture[Out any](out Out, err error) *Future[Out] {
	return &Future[Out]{done: closedChannel, result: func() (Out, error) { return out, err }}
}

// submitFuture is submit without the wait.
func submitFuture[Out any, J exec.Job[Out]](ctx context.Context, r *Router, k *kind, j *job, work J) *Future[Out] {
	var none Out
	if err := r.admit(ctx, k, j); err != nil {
		return endedFuture(none, err)
	}
	if j.decision.Strategy == route.Remote {
		return remoteFuture[Out](ctx, r, k, j, work)
	}
	inline := j.decision.Strategy == route.Inline
	if inline && j.decision.Reason != route.ReasonNested {
		return endedFuture(runHere[Out](ctx, r, k, j, work))
	}
	t := exec.NewFuture()
	if inline {
		// A child beside its parent, if a slot is free for it. It must not wait for one.
		r.reroute(j, route.CPUPool, route.ReasonNested)
		call := newCall[Out](ctx, r, k, j, t, work)
		if !r.exec.Pool.SubmitNow(t) {
			r.reroute(j, route.Inline, route.ReasonNested)
			return endedFuture(runHere[Out](ctx, r, k, j, work))
		}
		r.note(k, j)
		return future(ctx, r, k, j, t, call)
	}
	call := newCall[Out](ctx, r, k, j, t, work)
	if err := r.place(ctx, t, k, j); err != nil {
		if err == errMustNotWait {
			return endedFuture(runHere[Out](ctx, r, k, j, work))
		}
		return endedFuture(none, err)
	}
	return future(ctx, r, k, j, t, call)
}

func future[J exec.Job[Out], Out any](ctx context.Context, r *Router, k *kind, j *job, t *exec.Task, call *exec.Call[J, Out]) *Future[Out] {
	strategy := j.decision.Strategy
	r.exec.Watch(ctx, t)
	return &Future[Out]{done: t.Done(), result: func() (Out, error) {
		out, end, err := call.Result()
		return out, r.wrap(k, strategy, end, err)
	}}
}

// remoteFuture has a goroutine of the executor's wait for a job that is sent away, in place of a caller.
func remoteFuture[Out any, J exec.Job[Out]](ctx context.Context, r *Router, k *kind, j *job, work J) *Future[Out] {
	var out Out
	var err error
	hint := *j.hint
	own := &job{hint: &hint, course: j.course}
	done := r.exec.Carrier.Go(func() { out, err = run[Out](ctx, r, k, own, work) })
	return &Future[Out]{done: done, result: func() (Out, error) { return out, err }}
}
