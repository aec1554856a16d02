package helix

import (
	"context"
	"time"
)

// tracers are two tracers as one.
type tracers struct{ first, second Tracer }

// Trace implements Tracer.
func (t *tracers) Trace(ctx context.Context) JobTrace {
	p := &jobTraces{t.first.Trace(ctx), t.second.Trace(ctx)}
	if p.first == nil && p.second == nil {
		return nil
	}
	return p
}

// Batch implements Tracer. The context of the first is the second's.
func (t *tracers) Batch(ctx context.Context, b TracedBatch) (context.Context, func(at time.Time, ok bool)) {
	one, two := b, b
	one.Members, two.Members = nil, nil
	for _, m := range b.Members {
		p := m.(*jobTraces)
		if p.first != nil {
			one.Members = append(one.Members, p.first)
		}
		if p.second != nil {
			two.Members = append(two.Members, p.second)
		}
	}
	var ends []func(time.Time, bool)
	for _, part := range []struct {
		tracer Tracer
		batch  TracedBatch
	}{{t.first, one}, {t.second, two}} {
		if len(part.batch.Members) > 0 {
			next, end := part.tracer.Batch(ctx, part.batch)
			ctx, ends = next, append(ends, end)
		}
	}
	return ctx, func(at time.Time, ok bool) {
		for _, end := range ends {
			end(at, ok)
		}
	}
}

// jobTraces are the traces that two tracers make of one job; one of them may be nil.
type jobTraces struct{ first, second JobTrace }

// Run implements JobTrace.
func (p *jobTraces) Run(ctx context.Context, j TracedJob) context.Context {
	if p.first != nil {
		ctx = p.first.Run(ctx, j)
	}
	if p.second != nil {
		ctx = p.second.Run(ctx, j)
	}
	return ctx
}

// Returned implements JobTrace.
func (p *jobTraces) Returned(j TracedJob) {
	if p.first != nil {
		p.first.Returned(j)
	}
	if p.second != nil {
		p.second.Returned(j)
	}
}

// Ended implements JobTrace.
func (p *jobTraces) Ended(j TracedJob) {
	if p.first != nil {
		p.first.Ended(j)
	}
	if p.second != nil {
		p.second.Ended(j)
	}
}
