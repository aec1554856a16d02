package helixotel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/helixrouter/helix"
)

// scope is the name under which backends list the instrumentation.
const scope = "github.com/helixrouter/helix/helixotel"

// The span names.
const (
	spanAdmit = "helix.admit"
	spanQueue = "helix.queue"
	spanRun   = "helix.run"
	spanBatch = "helix.batch"
)

// The attributes of our own; OpenTelemetry has no names for pools of workers.
const (
	keyKind      = attribute.Key("helix.kind")
	keyStrategy  = attribute.Key("helix.strategy")
	keyReason    = attribute.Key("helix.reason")
	keyCost      = attribute.Key("helix.cost")
	keyJobID     = attribute.Key("helix.job_id")
	keyBatchSize = attribute.Key("helix.batch.size")
	keyError     = attribute.Key("error.type")
)

// Timing is one traced job that ran to its end, for who shows traces beside numbers,
// such as metrics.Exemplars. Wait and Run are what the histograms got.
type Timing struct {
	Kind, Strategy  string
	Wait, Run       time.Duration
	TraceID, SpanID string // lower-case hex; the span is helix.run
	Ended           time.Time
}

// Option changes what New makes.
type Option func(*tracer)

// OnTiming makes the tracer call see for each traced job that ran to its end, from
// many goroutines at a time. It must be quick: the job's caller waits for it.
func OnTiming(see func(Timing)) Option {
	return func(t *tracer) { t.see = see }
}

// New returns a tracer for helix.WithTracer whose spans are made by p. A nil provider
// makes none.
func New(p trace.TracerProvider, options ...Option) helix.Tracer {
	if p == nil {
		return nil
	}
	t := &tracer{spans: p.Tracer(scope), see: func(Timing) {}}
	for _, o := range options {
		o(t)
	}
	return t
}

// tracer implements helix.Tracer.
type tracer struct {
	spans trace.Tracer
	see   func(Timing)
}

// Trace follows the jobs whose callers are sampled.
func (t *tracer) Trace(ctx context.Context) helix.JobTrace {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return nil
	}
	return &job{tracer: t, caller: ctx}
}

// mostLinks bounds the links of a batch's span; the SDK keeps 128 by default.
const mostLinks = 128

// Batch starts the span of a batch.
func (t *tracer) Batch(ctx context.Context, b helix.TracedBatch) (context.Context, func(time.Time, bool)) {
	var links []trace.Link
	var runs []trace.Span
	for _, m := range b.Members[:min(len(b.Members), mostLinks)] {
		if run := m.(*job).span(); run != nil {
			runs, links = append(runs, run), append(links, trace.Link{SpanContext: run.SpanContext()})
		}
	}
	ctx, span := t.spans.Start(trace.ContextWithSpan(ctx, runs[0]), spanBatch, trace.WithTimestamp(b.Started), trace.WithLinks(links...),
		trace.WithAttributes(keyKind.String(b.Kind), keyBatchSize.Int(b.Size)))
	for _, run := range runs {
		run.AddLink(trace.Link{SpanContext: span.SpanContext()})
	}
	return ctx, func(at time.Time, ok bool) {
		if !ok {
			fail(span, helix.Panicked.String())
		}
		span.End(trace.WithTimestamp(at))
	}
}

// fail marks a span.
func fail(span trace.Span, kind string) {
	span.SetStatus(codes.Error, kind)
	span.SetAttributes(keyError.String(kind))
}
