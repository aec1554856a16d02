package helixotel_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/helixrouter/helix/helixotel"
)

const (
	callerTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callerSpan  = "00f067aa0ba902b7"
)

// serve sends one request through the middleware.
func (g *rig) serve(next http.HandlerFunc, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/jobs", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	helixotel.Middleware(g.provider, "/jobs", next).ServeHTTP(w, r)
	return w
}

// TestTraceparentIn continues a caller's trace, and tells which in the answer.
func TestTraceparentIn(t *testing.T) {
	g := newRig(t, nil)
	var inside trace.SpanContext
	w := g.serve(func(w http.ResponseWriter, r *http.Request) {
		inside = trace.SpanContextFromContext(r.Context())
		w.WriteHeader(http.StatusAccepted)
	}, "traceparent", "00-"+callerTrace+"-"+callerSpan+"-01", "tracestate", "vendor=1")
	spans := g.memory.GetSpans()
	if len(spans) != 1 || spans[0].Name != "POST /jobs" || spans[0].SpanKind != trace.SpanKindServer {
		t.Fatalf("spans %+v", spans)
	}
	s := spans[0]
	if s.SpanContext.TraceID().String() != callerTrace || s.Parent.SpanID().String() != callerSpan || !s.Parent.IsRemote() {
		t.Errorf("span %v with parent %v", s.SpanContext, s.Parent)
	}
	if inside.SpanID() != s.SpanContext.SpanID() || inside.TraceState().Get("vendor") != "1" {
		t.Errorf("the handler ran in %v", inside)
	}
	if got, want := w.Header().Get("Traceresponse"), "00-"+callerTrace+"-"+s.SpanContext.SpanID().String()+"-01"; got != want {
		t.Errorf("traceresponse %q, want %q", got, want)
	}
	g.has(s, map[attribute.Key]string{"http.request.method": "POST", "http.route": "/jobs", "http.response.status_code": "202", "error.type": ""})
}

// TestNoTraceparent begins a trace of its own; so does a header that makes no sense.
func TestNoTraceparent(t *testing.T) {
	for _, parent := range []string{"", "00-zz-1-01", "00-" + strings.Repeat("0", 32) + "-" + callerSpan + "-01", strings.Repeat("x", 1000)} {
		g := newRig(t, nil)
		g.serve(func(http.ResponseWriter, *http.Request) {}, "traceparent", parent)
		s := g.memory.GetSpans()[0]
		if s.Parent.IsValid() || !s.SpanContext.IsValid() {
			t.Errorf("%q: span %v with parent %v", parent, s.SpanContext, s.Parent)
		}
		g.has(s, map[attribute.Key]string{"http.response.status_code": "200"})
	}
}

// TestUnsampledCaller: a caller who is not traced is not traced here either.
func TestUnsampledCaller(t *testing.T) {
	g := newRig(t, nil)
	w := g.serve(func(http.ResponseWriter, *http.Request) {}, "traceparent", "00-"+callerTrace+"-"+callerSpan+"-00")
	if n := len(g.memory.GetSpans()); n != 0 {
		t.Errorf("%d spans", n)
	}
	if got := w.Header().Get("Traceresponse"); !strings.HasPrefix(got, "00-"+callerTrace) || !strings.HasSuffix(got, "-00") {
		t.Errorf("traceresponse %q", got)
	}
}

// TestFailedRequests: 5xx and a panic are errors of the server's, 4xx are not.
func TestFailedRequests(t *testing.T) {
	for want, next := range map[string]http.HandlerFunc{
		"":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnprocessableEntity) },
		"503": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"500": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		g := newRig(t, nil)
		func() {
			defer func() { _ = recover() }()
			g.serve(next)
		}()
		s := g.memory.GetSpans()[0]
		if (s.Status.Code == codes.Error) != (want != "") {
			t.Errorf("%q: status %v", want, s.Status)
		}
		g.has(s, map[attribute.Key]string{"error.type": want})
	}
}

// TestLogHandler adds the trace to the lines that belong to one, and to no other.
func TestLogHandler(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(helixotel.LogHandler(slog.NewTextHandler(&out, nil)))
	traceID, _ := trace.TraceIDFromHex(callerTrace)
	spanID, _ := trace.SpanIDFromHex(callerSpan)
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID}))
	want := " trace_id=" + callerTrace + " span_id=" + callerSpan + "\n"
	for _, l := range []*slog.Logger{log, log.With("a", 1), log.WithGroup("")} {
		out.Reset()
		l.InfoContext(ctx, "with")
		if !strings.HasSuffix(out.String(), want) {
			t.Errorf("%q, want the end %q", out.String(), want)
		}
	}
	out.Reset()
	log.InfoContext(context.Background(), "without")
	if strings.Contains(out.String(), "trace_id") {
		t.Errorf("%q has a trace", out.String())
	}
}
