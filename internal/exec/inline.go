package exec

import (
	"context"
	"time"

	"github.com/helixrouter/helix/route"
)

// Inline runs a job on the caller's goroutine and records its end under the
// strategy of o: route.Inline, or route.CPUPool for a caller that holds a slot
// itself. started is when it was submitted, since it does not wait. A nil trace is none.
func Inline[Out any, J Job[Out]](ctx context.Context, x *Executor, o *route.Outcome, started time.Duration, trace Trace, job J) (out Out, end route.Disposition, err error) {
	return here[Out](ctx, x, o, started, trace, nil, job)
}

func here[Out any, J Job[Out]](ctx context.Context, x *Executor, o *route.Outcome, started time.Duration, trace Trace, turn *Turn, job J) (out Out, end route.Disposition, err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			err = newPanicError(v)
		} else {
			err = errGoexit() // nobody will see it: the caller's goroutine is ending
		}
		end = route.Panicked
		x.finishInline(o, end, started, turn)
		if trace != nil {
			endInline(trace, o, started, err)
		}
	}()
	inner := ctx
	if trace != nil {
		inner = trace.Start(ctx, x.Now())
	}
	out, err = job.Run(inner)
	returned = true
	if err != nil {
		end, err = classify(ctx, err, false)
	}
	x.finishInline(o, end, started, turn)
	if trace != nil {
		endInline(trace, o, started, err)
	}
	return out, end, err
}

func (x *Executor) finishInline(o *route.Outcome, end route.Disposition, started time.Duration, turn *Turn) {
	if turn != nil {
		o.Served = x.Pool.Served(*turn)
	}
	o.Disposition = end
	o.Run = x.Now() - started
	x.recorder.Record(o)
}

// endInline ends a trace with what finishInline has recorded.
func endInline(trace Trace, o *route.Outcome, started time.Duration, err error) {
	trace.Return(started+o.Run, o.Disposition, err)
	trace.End(o.Disposition, Times{Wait: o.Wait, Run: o.Run}, 0)
}

// OnSlot runs a job on the caller's goroutine, which has taken a slot with
// Pool.TryTake, and gives the slot back.
func OnSlot[Out any, J Job[Out]](ctx context.Context, x *Executor, o *route.Outcome, started time.Duration, trace Trace, turn Turn, job J) (Out, route.Disposition, error) {
	defer x.Pool.Release()
	return here[Out](&slotContext{Context: ctx, executor: x, holds: true}, x, o, started, trace, &turn, job)
}
