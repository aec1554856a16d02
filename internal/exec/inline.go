package exec

import (
	"context"
	"time"

	"github.com/helixrouter/helix/route"
)

// Inline runs a job on the caller's goroutine and records its end under the
// given strategy: route.Inline, or route.CPUPool for a caller that holds a slot
// itself. wait is the time from submit to start as far as the caller knows it.
func Inline[In, Out any](ctx context.Context, x *Executor, o route.Outcome, started time.Duration, run Func[In, Out], in In) (out Out, end route.Disposition, err error) {
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
		x.finishInline(o, end, started)
	}()
	out, err = run(ctx, in)
	returned = true
	if err != nil {
		end, err = classify(ctx, err, false)
	}
	x.finishInline(o, end, started)
	return out, end, err
}

func (x *Executor) finishInline(o route.Outcome, end route.Disposition, started time.Duration) {
	o.Disposition = end
	o.Run = x.Now() - started
	x.recorder.Record(o)
}

// OnSlot runs a job on the caller's goroutine, which has taken a slot with
// Pool.TryTake, and gives the slot back.
func OnSlot[In, Out any](ctx context.Context, x *Executor, o route.Outcome, started time.Duration, run Func[In, Out], in In) (Out, route.Disposition, error) {
	defer x.Pool.Release()
	return Inline(&slotContext{Context: ctx, executor: x, holds: true}, x, o, started, run, in)
}
