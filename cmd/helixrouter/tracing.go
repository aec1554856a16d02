package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/helixotel"
	"github.com/helixrouter/helix/metrics"
)

// flushTime is how long the end of the process waits for a collector at most. What waits
// are up to 2048 spans, four requests; a collector that does not answer in 3 s is
// gone, and the drain must not be longer for it.
const flushTime = 3 * time.Second

// tracesPath is where OTLP over HTTP wants spans, below the endpoint.
const tracesPath = "/v1/traces"

// tracing makes spans of jobs and sends them to a collector. A nil *tracing does
// nothing, and is what the daemon has without an endpoint.
type tracing struct {
	provider  *sdktrace.TracerProvider
	exemplars metrics.Exemplars
	log       *slog.Logger
}

// newTracing returns nil without an endpoint. It connects to nothing: a collector that is
// not there yet costs lines in the log and spans. Sampler, headers, resource and
// sizes are as the SDK's own OTEL_ variables say.
func newTracing(endpoint string, log *slog.Logger) (*tracing, error) {
	if endpoint == "" {
		return nil, nil
	}
	ctx := context.Background()
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, fmt.Errorf("spans cannot be sent to %s: %w", endpoint, err)
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", "helixrouter"), attribute.String("service.version", readBuild().Version)), resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	t := &tracing{log: log, provider: sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))}
	otel.SetErrorHandler(&complaints{log: log})
	log.Info("jobs of sampled requests are traced", slog.String("endpoint", endpoint))
	return t, nil
}

// options are the router's.
func (t *tracing) options() []helix.Option {
	if t == nil {
		return nil
	}
	return []helix.Option{helix.WithTracer(helixotel.New(t.provider, helixotel.OnTiming(func(x helixotel.Timing) {
		t.exemplars.Observe(x.Kind, x.Strategy, x.Wait, x.Run, x.TraceID, x.SpanID, x.Ended)
	})))}
}

// metrics is the handler of GET /metrics.
func (t *tracing) metrics(r *helix.Router, extra ...prometheus.Collector) http.Handler {
	if t == nil {
		return metrics.Handler(r, extra...)
	}
	return metrics.HandlerOf(metrics.NewCollector(r, metrics.WithExemplars(&t.exemplars)), extra...)
}

// middleware is that of POST /api/jobs; nil = none.
func (t *tracing) middleware() func(http.Handler) http.Handler {
	if t == nil {
		return nil
	}
	return func(next http.Handler) http.Handler { return helixotel.Middleware(t.provider, "/api/jobs", next) }
}

// close sends what waits, until end at most.
func (t *tracing) close(end time.Time) {
	if t == nil {
		return
	}
	if most := time.Now().Add(flushTime); end.After(most) {
		end = most
	}
	if least := time.Now().Add(shutdownLeast); end.Before(least) {
		end = least
	}
	ctx, cancel := context.WithDeadline(context.Background(), end)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("the last spans were not sent: look after the collector, or unset the endpoint", slog.Any("error", err))
	}
}

// complaintEvery keeps a collector that is gone for a day from filling the log: the
// SDK complains about every request, one each 5 s.
const complaintEvery = time.Minute

// complaints writes what the SDK complains about. It implements otel.ErrorHandler.
type complaints struct {
	log *slog.Logger

	mu         sync.Mutex
	last       time.Time // guarded by mu
	suppressed int       // lines since; guarded by mu
}

// Handle implements otel.ErrorHandler.
func (c *complaints) Handle(err error) {
	c.mu.Lock()
	now := time.Now()
	if !c.last.IsZero() && now.Sub(c.last) < complaintEvery {
		c.suppressed++
		c.mu.Unlock()
		return
	}
	suppressed := c.suppressed
	c.last, c.suppressed = now, 0
	c.mu.Unlock()
	c.log.Warn("spans were not sent: jobs run as ever", slog.Any("error", err), slog.Int("suppressed", suppressed))
}

// parseEndpoint takes the address of a collector, such as http://localhost:4318, and
// returns where its spans go. Nothing is no collector.
func parseEndpoint(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := parseHTTP(text)
	if err != nil {
		return "", err
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + tracesPath
	return u.String(), nil
}

// parseTracesEndpoint takes where spans go as it is.
func parseTracesEndpoint(text string) (string, error) {
	u, err := parseHTTP(text)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

func parseHTTP(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("must be a URL of a collector that speaks OTLP over HTTP, such as http://localhost:4318")
	}
	return u, nil
}
