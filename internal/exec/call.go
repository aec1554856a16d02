package exec

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/helixrouter/helix/route"
)

// Job is typed user work. Run must honour ctx if it is to stop early, and yield
// now and then if it computes for long. It is a type parameter and not a func,
// because a generic function as a value would cost each job an allocation.
type Job[Out any] interface {
	Run(ctx context.Context) (Out, error)
}

// Apply is the job of applying a function to an input.
type Apply[In, Out any] struct {
	Func func(ctx context.Context, in In) (Out, error)
	In   In
}

// Run implements Job.
func (a Apply[In, Out]) Run(ctx context.Context) (Out, error) { return a.Func(ctx, a.In) }

// Input is what the function is applied to, for who sends it elsewhere.
func (a Apply[In, Out]) Input() any { return a.In }

// Call is one task's job, and its result once it has run.
type Call[J Job[Out], Out any] struct {
	ctx slotContext
	job J

	// Written by who runs the job, before the signal.
	out Out
	end route.Disposition
	err error

	// Written by who ends the task instead, before the signal: the job may still run.
	overruled    bool
	overruledEnd route.Disposition
	overruledErr error
}

// NewCall makes job the work of t, whose caller has ctx.
func NewCall[Out any, J Job[Out]](ctx context.Context, x *Executor, t *Task, job J) *Call[J, Out] {
	c := &Call[J, Out]{
		ctx: slotContext{Context: ctx, executor: x},
		job: job,
	}
	t.Work = c
	return c
}

// Run implements Work.
func (c *Call[J, Out]) Run(onSlot bool) route.Disposition {
	var panicked bool
	c.ctx.holds = onSlot
	c.out, panicked, c.err = protect(&c.ctx, c.job)
	c.end, c.err = classify(&c.ctx, c.err, panicked)
	return c.end
}

// Enter implements Work.
func (c *Call[J, Out]) Enter(t Trace, at time.Duration) {
	c.ctx.Context = t.Start(c.ctx.Context, at)
}

// Err implements Work.
func (c *Call[J, Out]) Err() error { return c.err }

// Keep implements Work.
func (c *Call[J, Out]) Keep(d route.Disposition, err error) { c.end, c.err = d, err }

// Overrule implements Work.
func (c *Call[J, Out]) Overrule(d route.Disposition, err error) {
	c.overruled, c.overruledEnd, c.overruledErr = true, d, err
}

// finish stores one result of a batch, as Run would have, and says how it ended.
func (c *Call[J, Out]) finish(out Out, err error) route.Disposition {
	c.out = out
	c.end, c.err = classify(&c.ctx, err, false)
	return c.end
}

// Result returns what the call returned and how it ended. Call it after the task has.
func (c *Call[J, Out]) Result() (out Out, end route.Disposition, err error) {
	if c.overruled {
		return out, c.overruledEnd, c.overruledErr
	}
	return c.out, c.end, c.err
}

// protect runs user code and turns a panic into a *route.PanicError. A
// runtime.Goexit cannot be stopped: the goroutine ends, and whoever owns it
// sees that protect did not return.
func protect[J Job[Out], Out any](ctx context.Context, job J) (out Out, panicked bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			panicked, err = true, newPanicError(v)
		}
	}()
	out, err = job.Run(ctx)
	return out, false, err
}

func newPanicError(v any) error { return &route.PanicError{Value: v, Stack: debug.Stack()} }

// errGoexit is the end of a job that called runtime.Goexit.
func errGoexit() error { return newPanicError("the job called runtime.Goexit") }

// classify says how a job that ran has ended, and reduces an error that comes
// from the end of its context to the context's own.
func classify(ctx context.Context, err error, panicked bool) (route.Disposition, error) {
	switch {
	case err == nil:
		return route.Done, nil
	case panicked:
		return route.Panicked, err
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		if s, ok := ctx.(*slotContext); ok && s.Context.Err() == nil {
			return route.Canceled, route.ErrClosed // it was Close that ended it, not the caller
		}
		return route.Canceled, ctx.Err()
	default:
		return route.Failed, err
	}
}
