package helix

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/route"
)

// jobTrace stands between the executors, who know numbers and the router's clock, and
// the trace of one job, which gets names and times.
type jobTrace struct {
	trace     JobTrace
	itself    exec.Trace // the pointer in a job must not get out, or every job's hint would be allocated
	tracer    Tracer
	ctx       context.Context // the caller's
	epoch     time.Time       // of the router's clock
	submitted time.Duration
	job       TracedJob // written by the submitter only, until the job is placed
	// started is 0 until the job has: who leaves it may ask while its worker starts it.
	started atomic.Int64
}

var _ exec.Trace = (*jobTrace)(nil)

// decide notes a decision, also one that replaces another. The first one's time counts.
func (t *jobTrace) decide(now time.Duration, d *route.Decision) {
	t.note(d)
	if t.job.Decided.IsZero() {
		t.job.Decided = t.epoch.Add(now)
	}
}

func (t *jobTrace) note(d *route.Decision) {
	t.job.Strategy, t.job.Reason = d.Strategy, d.Reason
	t.job.Propensity, t.job.Predicted = float64(d.Propensity), d.Predicted
}

// refuse ends the trace of a job that was shed.
func (t *jobTrace) refuse(now time.Duration, d *route.Decision, err error) {
	t.note(d)
	j := t.job
	j.Ended, j.Outcome, j.Err = t.epoch.Add(now), route.Shed, err
	t.trace.Ended(j)
}

// Start implements exec.Trace.
func (t *jobTrace) Start(ctx context.Context, at time.Duration) context.Context {
	t.started.Store(int64(at))
	return t.trace.Run(ctx, t.now())
}

// Return implements exec.Trace.
func (t *jobTrace) Return(at time.Duration, end route.Disposition, err error) {
	j := t.now()
	j.Ended, j.Outcome, j.Err = t.epoch.Add(at), end, err
	t.trace.Returned(j)
}

// End implements exec.Trace.
func (t *jobTrace) End(end route.Disposition, took exec.Times, batch int) {
	j := t.now()
	j.Batch = batch
	if end == route.Shed { // while it waited
		j.Reason, j.Err = route.ReasonDisplaced, route.ErrShed
	}
	j.Ended, j.Outcome = t.epoch.Add(t.submitted+took.Wait+took.Run), end
	if end.Ran() {
		j.Wait, j.Run = took.Wait, took.Run
	}
	t.trace.Ended(j)
}

// now is the job with what is known by now.
func (t *jobTrace) now() TracedJob {
	j := t.job
	if at := t.started.Load(); at != 0 {
		j.Started = t.epoch.Add(time.Duration(at))
	}
	return j
}

// Batch implements exec.Trace.
func (t *jobTrace) Batch(ctx context.Context, at time.Duration, size int, members []exec.Trace) (context.Context, func(time.Duration, bool)) {
	b := TracedBatch{Kind: t.job.Kind, Size: size, Started: t.epoch.Add(at), Members: make([]JobTrace, len(members))}
	for i, m := range members {
		b.Members[i] = m.(*jobTrace).trace
	}
	ctx, end := t.tracer.Batch(ctx, b)
	return ctx, func(at time.Duration, ok bool) { end(t.epoch.Add(at), ok) }
}
