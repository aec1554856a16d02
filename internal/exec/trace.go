package exec

import (
	"context"
	"time"

	"github.com/helixrouter/helix/route"
)

// Trace follows one job from where it starts to its end. Times are of the router's
// clock, the same readings that the ledger gets. No lock is held during a call. Start
// and Return come from who runs the job, End from who ends it for its caller, who
// may have left: they can overlap.
type Trace interface {
	// Start is called when the job starts and returns what user code gets as its
	// context: ctx with more values, and with the same end.
	Start(ctx context.Context, at time.Duration) context.Context
	// Return is called when user code has returned; never for a job that did not start.
	Return(at time.Duration, end route.Disposition, err error)
	// End is called once, with the ledger entry and the number of jobs in its batch, 0 for none.
	End(end route.Disposition, took Times, batch int)
	// Batch is Start for a batch of size jobs, after that of each member. It is called
	// on the first member that has a trace, with all that have. The function that it
	// returns ends the batch; ok means that the batch function returned.
	Batch(ctx context.Context, at time.Duration, size int, members []Trace) (context.Context, func(at time.Duration, ok bool))
}

// enter starts the trace of a task that has begun, if it has one.
func (t *Task) enter() {
	if t.Trace != nil {
		t.Work.Enter(t.Trace, t.started)
	}
}

// watch starts the trace of a batch and returns what ends it.
func (x *Executor) watch(ctx context.Context, begun []*Task) (context.Context, func(ok bool)) {
	var members []Trace
	for _, t := range begun {
		if t.Trace != nil {
			members = append(members, t.Trace)
		}
	}
	if len(members) == 0 {
		return ctx, func(bool) {}
	}
	ctx, end := members[0].Batch(ctx, begun[0].started, len(begun), members)
	return ctx, func(ok bool) { end(x.Now(), ok) }
}
