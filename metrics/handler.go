package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/helixrouter/helix"
)

// Handler serves the metrics of one router, of the Go runtime, of the process and
// of the extra collectors, in the format that the client asks for: text, OpenMetrics
// or protobuf. Its registry is its own, so that nothing collides with what else the
// program registers; it panics when extra collectors collide with each other or
// with these.
//
// Requests that come while another one collects share what that one collects: a
// flood of scrapes costs no more than one after the other. A collector that fails
// loses its own metrics only, and promhttp_metric_handler_errors_total counts it.
func Handler(r *helix.Router, extra ...prometheus.Collector) http.Handler {
	return HandlerOf(NewCollector(r), extra...)
}

// HandlerOf is Handler for a collector that NewCollector has made with options.
func HandlerOf(c prometheus.Collector, extra ...prometheus.Collector) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		c,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	registry.MustRegister(extra...)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		Registry:          registry, // for its own error counter
		EnableOpenMetrics: true,
		CoalesceGather:    true,
		// A scrape during an incident should lose what is broken, not everything.
		ErrorHandling: promhttp.ContinueOnError,
	})
}
