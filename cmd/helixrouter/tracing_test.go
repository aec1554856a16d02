package main

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

const (
	callerTrace  = "4bf92f3577b34da6a3ce929d0e0e4736"
	callerSpan   = "00f067aa0ba902b7"
	callerParent = "00-" + callerTrace + "-" + callerSpan + "-01"

	tinyJob = `{"id":7,"kind":"HashMix","inputs":[42,100],"compute_cost":1000,"scaling_potential":0.3,"latency_budget_ms":0}`
)

// fakeCollector takes spans as OTLP over HTTP.
type fakeCollector struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	spans   map[string][]*spans.Span // by name; guarded by mu
	service string                   // guarded by mu
	path    string                   // guarded by mu
}

func newCollector(t *testing.T) *fakeCollector {
	c := &fakeCollector{t: t, spans: map[string][]*spans.Span{}}
	c.Server = httptest.NewServer(http.HandlerFunc(c.take))
	t.Cleanup(c.Close)
	return c
}

func (c *fakeCollector) take(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			c.t.Error(err)
			return
		}
		body = unzipped
	}
	text, err := io.ReadAll(body)
	if err != nil {
		c.t.Error(err)
	}
	var request collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(text, &request); err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.path = r.URL.Path
	for _, from := range request.ResourceSpans {
		for _, a := range from.Resource.Attributes {
			if a.Key == "service.name" {
				c.service = a.Value.GetStringValue()
			}
		}
		for _, scope := range from.ScopeSpans {
			for _, s := range scope.Spans {
				c.spans[s.Name] = append(c.spans[s.Name], s)
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// one returns the only span of a name.
func (c *fakeCollector) one(name string) *spans.Span {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.spans[name]) != 1 {
		c.t.Fatalf("%d spans %q, want 1; there are %v", len(c.spans[name]), name, c.spans)
	}
	return c.spans[name][0]
}

// submit posts one job as a caller who is traced.
func (p *process) submit(job string, header ...string) *http.Response {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodPost, p.url+"/api/jobs", strings.NewReader(job))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// TestSpansReachACollector follows one job from its caller's traceparent to a collector,
// a log line and an exemplar. The spans leave with the drain.
func TestSpansReachACollector(t *testing.T) {
	c := newCollector(t)
	p := start(t, []string{"HELIX_SIM_JOBS=0", "OTEL_SERVICE_NAME=shop"}, "--otel-endpoint", c.URL+"/base/", "--log-level", "debug").serving()
	answer := p.submit(tinyJob, "traceparent", callerParent, "tracestate", "vendor=1")
	back := answer.Header.Get("Traceresponse")
	if answer.StatusCode != 200 || !strings.HasPrefix(back, "00-"+callerTrace+"-") || !strings.HasSuffix(back, "-01") {
		t.Fatalf("status %d, traceresponse %q", answer.StatusCode, back)
	}
	p.logged(`msg="job routed" job_id=7 kind=HashMix cost=1000 strategy=inline reason=cheap cpu_busy=0 pressure=`)
	p.logged("trace_id=" + callerTrace)
	p.logged("msg=request method=POST path=/api/jobs status=200")
	for line := range strings.Lines(p.errors()) {
		if strings.Contains(line, "msg=request") && !strings.Contains(line, "trace_id="+callerTrace+" span_id="+back[36:52]) {
			t.Errorf("a line without its trace: %s", line)
		}
	}
	if text := p.openMetrics(); !strings.Contains(text, `# {trace_id="`+callerTrace+`"`) {
		t.Error("no exemplar with the trace in /metrics")
	}
	p.signal(syscall.SIGTERM)
	p.end(exitOK)
	request, admit, run := c.one("POST /api/jobs"), c.one("helix.admit"), c.one("helix.run")
	if hex.EncodeToString(request.ParentSpanId) != callerSpan || hex.EncodeToString(request.SpanId) != back[36:52] || request.TraceState != "vendor=1" {
		t.Errorf("the request's span %+v", request)
	}
	for _, s := range []*spans.Span{admit, run} {
		if hex.EncodeToString(s.TraceId) != callerTrace || !bytes.Equal(s.ParentSpanId, request.SpanId) {
			t.Errorf("%s is not a child of the request: %+v", s.Name, s)
		}
	}
	if run.EndTimeUnixNano <= run.StartTimeUnixNano || admit.StartTimeUnixNano < request.StartTimeUnixNano || run.EndTimeUnixNano > request.EndTimeUnixNano {
		t.Errorf("times: request %d..%d, admit %d.., run %d..%d", request.StartTimeUnixNano, request.EndTimeUnixNano, admit.StartTimeUnixNano, run.StartTimeUnixNano, run.EndTimeUnixNano)
	}
	if c.service != "shop" || c.path != "/base/v1/traces" {
		t.Errorf("service %q at %q", c.service, c.path)
	}
}

// openMetrics scrapes as a Prometheus does.
func (p *process) openMetrics() string {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodGet, p.url+"/metrics", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// TestTracingIsOff without an endpoint: a traceparent changes nothing.
func TestTracingIsOff(t *testing.T) {
	c := newCollector(t)
	for name, environ := range map[string][]string{
		"not asked for": nil,
		"switched off":  {"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL, "OTEL_SDK_DISABLED=true"},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, append(environ, "HELIX_SIM_JOBS=0"), "--log-level", "debug").serving()
			answer := p.submit(tinyJob, "traceparent", callerParent)
			if answer.StatusCode != 200 || answer.Header.Get("Traceresponse") != "" {
				t.Errorf("status %d, traceresponse %q", answer.StatusCode, answer.Header.Get("Traceresponse"))
			}
			if strings.Contains(p.openMetrics(), "trace_id") {
				t.Error("exemplars without traces")
			}
			p.signal(syscall.SIGTERM)
			p.end(exitOK)
			if strings.Contains(p.errors(), "trace_id") || len(c.spans) > 0 {
				t.Errorf("traced all the same: %v\n%s", c.spans, p.errors())
			}
		})
	}
}

// TestRefusedCallersMakeNoSpans: what the guard turns away, nobody traces.
func TestRefusedCallersMakeNoSpans(t *testing.T) {
	c := newCollector(t)
	p := start(t, []string{"HELIX_SIM_JOBS=0", "OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL}).serving()
	if answer := p.submit(tinyJob, "traceparent", callerParent, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"); answer.StatusCode != 403 {
		t.Errorf("status %d, want 403", answer.StatusCode)
	}
	p.signal(syscall.SIGTERM)
	p.end(exitOK)
	if len(c.spans) != 0 {
		t.Errorf("spans %v", c.spans)
	}
}

// TestCollectorIsGone: jobs run, the log says it once, and the drain is not long.
func TestCollectorIsGone(t *testing.T) {
	c := newCollector(t)
	c.Close()
	p := start(t, []string{"HELIX_SIM_JOBS=0"}, "--otel-endpoint", c.URL, "--drain-timeout", "1s").serving()
	for range 3 {
		if answer := p.submit(tinyJob, "traceparent", callerParent); answer.StatusCode != 200 {
			t.Errorf("status %d", answer.StatusCode)
		}
	}
	began := time.Now()
	p.signal(syscall.SIGTERM)
	p.end(exitOK)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the drain took %v with a timeout of 1s", took)
	}
	if n := strings.Count(p.errors(), "not sent"); n < 1 || n > 2 {
		t.Errorf("%d lines about spans:\n%s", n, p.errors())
	}
}

// TestComplaints: one line a minute, which says how many there would have been.
func TestComplaints(t *testing.T) {
	var out bytes.Buffer
	c := &complaints{log: slog.New(slog.NewTextHandler(&out, nil))}
	for range 5 {
		c.Handle(errors.New("no luck"))
	}
	c.last = c.last.Add(-complaintEvery)
	c.Handle(errors.New("no luck"))
	lines := slices.Collect(strings.Lines(out.String()))
	if len(lines) != 2 || !strings.Contains(lines[0], "suppressed=0") || !strings.Contains(lines[1], "suppressed=4") {
		t.Errorf("%q", lines)
	}
}

// TestEndpoints are taken as OpenTelemetry has it.
func TestEndpoints(t *testing.T) {
	for text, want := range map[string]string{
		"http://localhost:4318":       "http://localhost:4318/v1/traces",
		"https://c.example/otlp/":     "https://c.example/otlp/v1/traces",
		"":                            "",
		"localhost:4318":              "error",
		"grpc://localhost:4317":       "error",
		"http://":                     "error",
		"http://user:word@localhost/": "error",
		"http://localhost?a=b":        "error",
	} {
		got, err := parseEndpoint(text)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	s, environ := &settings{}, []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://localhost:4318/exactly"}
	if err := s.readTraces((program{}).command().Flags(), environ); err != nil || s.spansTo != "http://localhost:4318/exactly" {
		t.Errorf("%q, %v", s.spansTo, err)
	}
}
