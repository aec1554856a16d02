package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helixrouter/helix"
)

// The names of the original. Their counters have no _total: the encoder of
// OpenMetrics types such a counter unknown and leaves its name alone, which keeps
// dashboards working whichever format a server asks for.
var (
	legacyCompleted = describe("helix_completed", "Jobs that ended as done. Use helix_jobs_total.")
	legacyDropped   = describe("helix_dropped", "Jobs that were shed. Use helix_sheds_total.")
	legacyRouted    = describe("helix_routed", "Jobs by where they were routed. Use helix_jobs_total.", "strategy")

	legacySamples = describe("helix_neural_sample_count", "Jobs that taught the learner something. Use helix_learner_samples_total.")
	legacyReward  = describe("helix_neural_avg_reward", "Mean reward of late. Use helix_learner_reward_mean.")
	legacyEpsilon = describe("helix_neural_epsilon", "Share of the jobs that the learner may explore with at most.")
)

// legacyLatencies are the gauges of the sojourn time, in milliseconds.
var legacyLatencies = []struct {
	family *prometheus.Desc
	of     func(*helix.StrategyStats) time.Duration
}{
	{legacyLatency("p50", "Median"), func(s *helix.StrategyStats) time.Duration { return s.Sojourn.Quantile(0.50) }},
	{legacyLatency("p95", "95th percentile"), func(s *helix.StrategyStats) time.Duration { return s.Sojourn.Quantile(0.95) }},
	{legacyLatency("p99", "99th percentile"), func(s *helix.StrategyStats) time.Duration { return s.Sojourn.Quantile(0.99) }},
	{legacyLatency("ema", "Moving average"), func(s *helix.StrategyStats) time.Duration { return s.EMA }},
	{legacyLatency("min", "Shortest"), func(s *helix.StrategyStats) time.Duration { return s.Sojourn.Min() }},
	{legacyLatency("max", "Longest"), func(s *helix.StrategyStats) time.Duration { return s.Sojourn.Max() }},
}

func legacyLatency(name, words string) *prometheus.Desc {
	return describe("helix_latency_"+name+"_ms",
		words+" of the time from submit to end in milliseconds. Use helix_sojourn_seconds.", "strategy")
}

func legacyFamilies() []*prometheus.Desc {
	all := []*prometheus.Desc{legacyCompleted, legacyDropped, legacyRouted, legacySamples, legacyReward, legacyEpsilon}
	for _, l := range legacyLatencies {
		all = append(all, l.family)
	}
	return all
}

// legacyLearner sends the gauges that the original's learner had.
func (to sink) legacyLearner(s *helix.NeuralSnapshot) {
	to.gauge(legacySamples, float64(s.SampleCount))
	to.gauge(legacyReward, s.AvgReward)
	to.gauge(legacyEpsilon, float64(s.Epsilon))
}

// legacy sends the old names of the rest. A strategy on which nothing has ended yet has
// no latencies.
func (to sink) legacy(s *helix.Stats) {
	to.counter(legacyCompleted, s.Ledger.Done)
	to.counter(legacyDropped, s.Ledger.Shed)
	for i := range s.Strategies {
		row := &s.Strategies[i]
		to.counter(legacyRouted, row.Count, row.Strategy.String())
		if row.Sojourn.Count() == 0 {
			continue
		}
		for _, l := range legacyLatencies {
			to.gauge(l.family, l.of(row).Seconds()*1e3, row.Strategy.String())
		}
	}
}
