package helixotel_test

import (
	"context"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/helixotel"
)

// discard is an exporter's place: spans are made and dropped.
type discard struct{}

func (discard) OnStart(context.Context, sdk.ReadWriteSpan) {}
func (discard) OnEnd(sdk.ReadOnlySpan)                     {}
func (discard) Shutdown(context.Context) error             { return nil }
func (discard) ForceFlush(context.Context) error           { return nil }

// BenchmarkInline is an empty inline job: without a tracer, with one that looks at a
// caller who is not sampled, and with two spans of its own.
func BenchmarkInline(b *testing.B) {
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(discard{}))
	sampled, span := provider.Tracer("bench").Start(context.Background(), "caller")
	defer span.End()
	unsampled := trace.ContextWithSpanContext(context.Background(), span.SpanContext().WithTraceFlags(0))
	for _, arm := range []struct {
		name   string
		tracer helix.Tracer
		ctx    context.Context
	}{
		{"off", nil, sampled}, {"unsampled", helixotel.New(provider), unsampled}, {"sampled", helixotel.New(provider), sampled},
	} {
		b.Run(arm.name, func(b *testing.B) {
			r, err := helix.New(helix.DefaultConfig(), helix.WithTracer(arm.tracer))
			if err != nil {
				b.Fatal(err)
			}
			defer r.Close(context.Background())
			h, err := helix.Register(r, helix.Kind[int, int]{Name: "empty", Run: func(_ context.Context, n int) (int, error) { return n, nil }})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.Do(arm.ctx, 1, helix.Cost(1)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
