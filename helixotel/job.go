package helixotel

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/helixrouter/helix"
)

// job implements helix.JobTrace. Its first two spans are made when it has ended, since
// nobody can be inside them; only helix.run is there while it lasts.
type job struct {
	tracer *tracer
	caller context.Context // with the parent of all spans

	mu  sync.Mutex
	run trace.Span // nil until the job has started; guarded by mu
}

func (j *job) span() trace.Span {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.run
}

// Run starts helix.run.
func (j *job) Run(ctx context.Context, t helix.TracedJob) context.Context {
	ctx, run := j.start(ctx, spanRun, t.Started, t)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.run = run
	return ctx
}

// Returned ends helix.run.
func (j *job) Returned(t helix.TracedJob) {
	run := j.span()
	if t.Outcome != helix.Done {
		fail(run, errorType(t))
	}
	run.End(trace.WithTimestamp(t.Ended))
}

// Ended makes helix.admit and helix.queue.
func (j *job) Ended(t helix.TracedJob) {
	run := j.span()
	j.admit(t)
	if t.Queued && t.Strategy != helix.Drop {
		j.queue(t)
	}
	if run == nil {
		return
	}
	if !t.Outcome.Ran() { // it still runs, or returns at this moment
		run.AddEvent("helix.abandoned", trace.WithTimestamp(t.Ended))
		return
	}
	at := run.SpanContext()
	j.tracer.see(Timing{
		Kind: t.Kind, Strategy: t.Strategy.String(), Wait: t.Wait, Run: t.Run,
		TraceID: at.TraceID().String(), SpanID: at.SpanID().String(), Ended: t.Ended,
	})
}

func (j *job) admit(t helix.TracedJob) {
	end := t.Decided
	if t.Strategy == helix.Drop || end.IsZero() {
		end = t.Ended
	}
	_, span := j.start(j.caller, spanAdmit, t.Submitted, t)
	if !t.Queued && !t.Outcome.Ran() && t.Started.IsZero() || t.Outcome == helix.Shed {
		fail(span, errorType(t)) // it ended at the door
	}
	span.End(trace.WithTimestamp(end))
}

func (j *job) queue(t helix.TracedJob) {
	end := t.Started
	if end.IsZero() {
		end = t.Ended
	}
	_, span := j.start(j.caller, spanQueue, t.Decided, t)
	if t.Started.IsZero() {
		fail(span, errorType(t))
	}
	span.End(trace.WithTimestamp(end))
}

func (j *job) start(ctx context.Context, name string, at time.Time, t helix.TracedJob) (context.Context, trace.Span) {
	about := make([]attribute.KeyValue, 0, 5)
	about = append(about, keyKind.String(t.Kind), keyStrategy.String(t.Strategy.String()), keyReason.String(t.Reason.String()))
	if t.Cost > 0 {
		about = append(about, keyCost.Int64(int64(min(t.Cost, 1<<63-1))))
	}
	if t.ID > 0 {
		about = append(about, keyJobID.String(strconv.FormatUint(t.ID, 10)))
	}
	return j.tracer.spans.Start(ctx, name, trace.WithTimestamp(at), trace.WithAttributes(about...))
}

// errorType says in one word why a job did not end as done. It comes from a small set:
// error.type is a label in most backends.
func errorType(t helix.TracedJob) string {
	switch {
	case t.Outcome == helix.Shed:
		return t.Reason.String()
	case t.Outcome == helix.Failed && t.Err != nil:
		return fmt.Sprintf("%T", t.Err)
	default:
		return t.Outcome.String()
	}
}
