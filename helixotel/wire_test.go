package helixotel_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/helixrouter/helix/helixotel"
)

func TestATraceCrossesTheWire(t *testing.T) {
	at := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2}, SpanID: trace.SpanID{3}, TraceFlags: trace.FlagsSampled})
	header := map[string][]string{}
	helixotel.Inject(trace.ContextWithSpanContext(t.Context(), at), header)
	if len(header["traceparent"]) != 1 {
		t.Fatalf("%v", header)
	}
	got := trace.SpanContextFromContext(helixotel.Extract(context.Background(), header))
	if got.TraceID() != at.TraceID() || got.SpanID() != at.SpanID() || !got.IsRemote() {
		t.Errorf("%v", got)
	}
	if trace.SpanContextFromContext(helixotel.Extract(t.Context(), map[string][]string{})).IsValid() {
		t.Error("a trace out of nothing")
	}
}
