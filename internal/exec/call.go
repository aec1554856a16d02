package exec

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/helixrouter/helix/route"
)

// Func is user code: it takes one input and returns one output. It must honour
// ctx if it is to stop early, and yield now and then if it computes for long.
type Func[In, Out any] func(ctx context.Context, in In) (Out, error)

// Call is the typed work of one task: a function, its input, and its result once
// it has run.
type Call[In, Out any] struct {
	ctx slotContext
	run Func[In, Out]
	in  In

	// Written by whoever ends the task, before it signals.
	out Out
	end route.Disposition
	err error
}

// NewCall returns the work of applying run to in for t, whose caller has ctx.
func NewCall[In, Out any](ctx context.Context, x *Executor, t *Task, run Func[In, Out], in In) *Call[In, Out] {
	c := &Call[In, Out]{
		ctx: slotContext{Context: ctx, executor: x, holds: t.Strategy != route.Spawn},
		run: run, in: in,
	}
	t.Work = c
	return c
}

// Run implements Work.
func (c *Call[In, Out]) Run() route.Disposition {
	var panicked bool
	c.out, panicked, c.err = protect(&c.ctx, c.run, c.in)
	c.end, c.err = classify(&c.ctx, c.err, panicked)
	return c.end
}

// Keep implements Work.
func (c *Call[In, Out]) Keep(d route.Disposition, err error) { c.end, c.err = d, err }

// Input returns what the call applies its function to.
func (c *Call[In, Out]) Input() In { return c.in }

// Finish stores one result of a batch, as Run would have, and says how it ended.
func (c *Call[In, Out]) Finish(out Out, err error) route.Disposition {
	c.out = out
	c.end, c.err = classify(&c.ctx, err, false)
	return c.end
}

// Result returns what the call returned and how it ended. Call it after the task has.
func (c *Call[In, Out]) Result() (Out, route.Disposition, error) { return c.out, c.end, c.err }

// protect runs user code and turns a panic into a *route.PanicError. A
// runtime.Goexit cannot be stopped: the goroutine ends, and whoever owns it
// sees that protect did not return.
func protect[In, Out any](ctx context.Context, run Func[In, Out], in In) (out Out, panicked bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			panicked, err = true, newPanicError(v)
		}
	}()
	out, err = run(ctx, in)
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
		return route.Canceled, ctx.Err()
	default:
		return route.Failed, err
	}
}
