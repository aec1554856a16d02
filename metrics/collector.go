package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/helixrouter/helix"
)

// collector turns looks at a router into metrics.
type collector struct {
	router *helix.Router
	build  []string // label values of helix_build_info
	traced *Exemplars
	peers  peerNames
}

// Option changes what NewCollector makes.
type Option func(*collector)

// WithExemplars makes the histograms of job times carry what e keeps. Default: none.
func WithExemplars(e *Exemplars) Option { return func(c *collector) { c.traced = e } }

// NewCollector returns a collector for one router. Each scrape takes one r.Stats(),
// one r.NeuralSnapshot(), one r.Autoscale() and one r.Fleet(), so that the numbers of each fit
// together. It is safe for concurrent use and reads a closed router as well.
func NewCollector(r *helix.Router, options ...Option) prometheus.Collector {
	c := &collector{router: r, build: buildLabels()}
	for _, o := range options {
		o(c)
	}
	return c
}

// Describe sends every name that a scrape may have, the old ones always: whether
// they are sent can change while the router runs. Those of the fleet are there only where
// the router has a transport, which it has for its life or not at all.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range families {
		out <- f
	}
	for _, f := range legacyFamilies() {
		out <- f
	}
	if _, ok := c.router.Fleet(); !ok {
		return
	}
	for _, f := range fleetFamilies {
		out <- f
	}
}

// Collect sends the metrics of one scrape.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	s, learned, to := c.router.Stats(), c.router.NeuralSnapshot(), sink(out)
	autoscale := c.router.Autoscale()
	to.gauge(buildInfo, 1, c.build...)
	to.gauge(uptime, s.Uptime.Seconds())
	to.kinds(s.Kinds, c.traced)
	to.sheds(s.Sheds)
	to.load(&s)
	to.pressure(&s.Pressure)
	to.send(batchSizes(&s.Batches))
	to.send(decisionShape.durations(decisionTime, s.Decision))
	to.learner(&learned)
	to.autoscaler(&autoscale)
	if f, ok := c.router.Fleet(); ok {
		to.fleet(&f, &c.peers)
	}
	if c.router.Config().MetricsLegacy {
		to.legacy(&s)
		to.legacyLearner(&learned)
	}
}
