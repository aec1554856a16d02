package helixotel

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
)

// Inject writes the trace of ctx into the headers of a message: traceparent and tracestate (W3C Trace
// Context). It is for remote.ClientOptions.
func Inject(ctx context.Context, header map[string][]string) {
	propagation.TraceContext{}.Inject(ctx, messageHeader(header))
}

// Extract is the context with the trace that the headers of a message name, if they do. It is for
// remote.WorkerOptions.
func Extract(ctx context.Context, header map[string][]string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, messageHeader(header))
}

// messageHeader are the headers of a message, whose names are as they were written.
type messageHeader map[string][]string

// Get implements propagation.TextMapCarrier.
func (h messageHeader) Get(key string) string {
	if v := h[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Set implements propagation.TextMapCarrier.
func (h messageHeader) Set(key, value string) { h[key] = []string{value} }

// Keys implements propagation.TextMapCarrier.
func (h messageHeader) Keys() []string {
	keys := make([]string, 0, len(h))
	for k := range h {
		keys = append(keys, k)
	}
	return keys
}
