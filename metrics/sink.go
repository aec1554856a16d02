package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

// sink takes the metrics of one scrape.
type sink chan<- prometheus.Metric

func (to sink) send(m prometheus.Metric) { to <- m }

func (to sink) counter(f *prometheus.Desc, v uint64, labels ...string) {
	to.send(prometheus.MustNewConstMetric(f, prometheus.CounterValue, float64(v), labels...))
}

func (to sink) gauge(f *prometheus.Desc, v float64, labels ...string) {
	to.send(prometheus.MustNewConstMetric(f, prometheus.GaugeValue, v, labels...))
}

// kinds sends what is known of each kind on each strategy. Outcomes that can happen
// there are sent at 0 too: a rate needs the sample before the first failure. What
// was dropped never ran and has no times.
func (to sink) kinds(rows []helix.KindStats, traced *Exemplars) {
	for _, row := range rows {
		strategy, dropped := row.Strategy.String(), row.Strategy == helix.Drop
		for _, d := range route.Dispositions() {
			if n := row.Outcomes[d]; n > 0 || (d == helix.Shed) == dropped {
				to.counter(jobs, n, row.Kind, strategy, d.String())
			}
		}
		if dropped {
			continue
		}
		last := traced.of(row.Kind, strategy)
		to.send(jobShape.durations(queueWait, row.Wait, row.Kind, strategy).with(last.wait))
		to.send(jobShape.durations(runTime, row.Run, row.Kind, strategy).with(last.run))
		to.send(jobShape.durations(sojourn, row.Sojourn, row.Kind, strategy).with(last.sojourn))
	}
}

// sheds sends every reason to shed, also those at 0.
func (to sink) sheds(by map[helix.Reason]uint64) {
	for i := range route.NumReasons {
		if reason := helix.Reason(i); reason.Sheds() {
			to.counter(sheds, by[reason], reason.String())
		}
	}
}

// load sends how full the router is at this moment.
func (to sink) load(s *helix.Stats) {
	to.gauge(inflight, float64(s.Ledger.InFlight))
	to.gauge(queueDepth, float64(s.Pool.Queued))
	to.gauge(queueLimit, float64(s.Pool.QueueCap))
	to.gauge(poolWidth, float64(s.Pool.Effective))
	to.gauge(poolWidthLimit, float64(s.Pool.Width))
	to.gauge(poolBusy, float64(s.Pool.Busy))
	to.gauge(spawned, float64(s.Spawned))
	to.gauge(abandoned, float64(len(s.Abandoned)))
	to.gauge(imbalance, float64(s.Ledger.Imbalance))
	to.gauge(spawnThreshold, float64(s.AdaptiveSpawnThreshold))
}

// scoreSignal labels the blend of all signals.
const scoreSignal = "score"

func (to sink) pressure(p *helix.PressureStats) {
	to.gauge(pressureRatio, p.Score, scoreSignal)
	for _, signal := range p.Signals {
		to.gauge(pressureRatio, signal.Value, signal.Name)
	}
}
