package helixotel

import (
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traceResponse tells a client which trace its request is in (W3C Trace Context, level 2):
// "00-TRACE-SPAN-01", or -00 where the trace is not sampled.
const traceResponse = "Traceresponse"

// Middleware wraps the handler of one route, such as "/api/jobs", in a server span.
// The request's traceparent and tracestate become its parent, which a sampler may
// follow: a caller that may not say what is sampled must not reach the handler.
// The answer has the header traceresponse.
func Middleware(p trace.TracerProvider, route string, next http.Handler) http.Handler {
	spans, words := p.Tracer(scope), propagation.TraceContext{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := words.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := spans.Start(ctx, r.Method+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", r.Method), attribute.String("http.route", route), attribute.String("url.path", r.URL.Path)))
		x := &answer{ResponseWriter: w, status: http.StatusInternalServerError} // what a panic becomes
		defer func() { endRequest(span, x.status) }()
		if at := span.SpanContext(); at.IsValid() {
			w.Header().Set(traceResponse, "00-"+at.TraceID().String()+"-"+at.SpanID().String()+"-"+at.TraceFlags().String())
		}
		next.ServeHTTP(x, r.WithContext(ctx))
		if !x.sent {
			x.status = http.StatusOK
		}
	})
}

// endRequest follows the conventions: a status below 500 is no error of a server's.
func endRequest(span trace.Span, status int) {
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
		span.SetAttributes(keyError.String(strconv.Itoa(status)))
	}
	span.End()
}

// answer remembers the status.
type answer struct {
	http.ResponseWriter
	status int
	sent   bool
}

// WriteHeader notes the status that counts, the first one.
func (a *answer) WriteHeader(status int) {
	if !a.sent {
		a.status, a.sent = status, true
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write notes that an answer without a status is a 200.
func (a *answer) Write(text []byte) (int, error) {
	if !a.sent {
		a.status, a.sent = http.StatusOK, true
	}
	return a.ResponseWriter.Write(text)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
