package httpapi

import (
	"net/http"
	"runtime"
	"time"

	"github.com/helixrouter/helix"
)

// statsAnswer is GET /api/stats. The first group has the names of the original,
// whose latencies are in milliseconds; everything of ours is in seconds.
type statsAnswer struct {
	Completed              uint64            `json:"completed"`
	Dropped                uint64            `json:"dropped"`
	AdaptiveSpawnThreshold uint64            `json:"adaptive_spawn_threshold"`
	PressureScore          float64           `json:"pressure_score"`
	RoutedByStrategy       []routedAnswer    `json:"routed_by_strategy"`
	LatencyByStrategy      []latencyAnswer   `json:"latency_by_strategy"`
	Submitted              uint64            `json:"submitted"`
	InTime                 uint64            `json:"in_time" about:"jobs done within their budget, or without one"`
	Ledger                 ledgerAnswer      `json:"ledger"`
	Sheds                  map[string]uint64 `json:"sheds"`
	Pool                   poolAnswer        `json:"pool"`
	Batches                batchesAnswer     `json:"batches"`
	Spawned                int               `json:"spawned"`
	Abandoned              []abandonedAnswer `json:"abandoned"`
	Pressure               pressureAnswer    `json:"pressure"`
	Kinds                  []kindAnswer      `json:"kinds"`
	Tenants                []tenantAnswer    `json:"tenants"`
	Decision               helix.Histogram   `json:"decision"`
	UptimeSeconds          float64           `json:"uptime_seconds"`
	Go                     string            `json:"go"`
	Cores                  int               `json:"cores"`
}

type routedAnswer struct {
	Strategy helix.Strategy `json:"strategy"`
	Count    uint64         `json:"count"`
}

type latencyAnswer struct {
	Strategy helix.Strategy `json:"strategy"`
	Count    uint64         `json:"count"` // jobs that ran to their end
	AvgMS    float64        `json:"avg_ms"`
	EMAMS    float64        `json:"ema_ms"`
	P50MS    float64        `json:"p50_ms"`
	P95MS    float64        `json:"p95_ms"`
	P99MS    float64        `json:"p99_ms"`
	MinMS    float64        `json:"min_ms"`
	MaxMS    float64        `json:"max_ms"`
}

func (a *API) stats(w http.ResponseWriter, _ *http.Request) error {
	return send(w, http.StatusOK, statsOf(a.router.Stats()))
}

func statsOf(s helix.Stats) statsAnswer {
	routed, latency := strategyAnswers(s.Strategies)
	return statsAnswer{
		Completed:              s.Ledger.Done,
		Dropped:                s.Ledger.Shed,
		AdaptiveSpawnThreshold: s.AdaptiveSpawnThreshold,
		PressureScore:          s.Pressure.Score,
		RoutedByStrategy:       routed,
		LatencyByStrategy:      latency,
		Submitted:              s.Ledger.Submitted,
		InTime:                 s.InTime,
		Ledger:                 ledgerAnswerOf(s.Ledger),
		Sheds:                  byReason(s.Sheds),
		Pool:                   poolAnswer(s.Pool),
		Batches:                batchesAnswerOf(s.Batches),
		Spawned:                s.Spawned,
		Abandoned:              abandonedAnswers(s.Abandoned),
		Pressure:               pressureAnswerOf(s.Pressure),
		Kinds:                  kindAnswers(s.Kinds),
		Tenants:                tenantAnswers(s.Tenants),
		Decision:               s.Decision,
		UptimeSeconds:          s.Uptime.Seconds(),
		Go:                     runtime.Version(),
		Cores:                  runtime.GOMAXPROCS(0),
	}
}

// strategyAnswers keeps the router's order, by name. A strategy that ran nothing to
// its end, such as drop, has no latency.
func strategyAnswers(rows []helix.StrategyStats) ([]routedAnswer, []latencyAnswer) {
	routed, latency := make([]routedAnswer, 0, len(rows)), make([]latencyAnswer, 0, len(rows))
	for _, row := range rows {
		routed = append(routed, routedAnswer{row.Strategy, row.Count})
		if row.Sojourn.Count() > 0 {
			latency = append(latency, latencyOf(row))
		}
	}
	return routed, latency
}

func latencyOf(row helix.StrategyStats) latencyAnswer {
	h := row.Sojourn
	return latencyAnswer{
		Strategy: row.Strategy,
		Count:    h.Count(),
		AvgMS:    milliseconds(h.Mean()),
		EMAMS:    milliseconds(row.EMA),
		P50MS:    milliseconds(h.Quantile(0.50)),
		P95MS:    milliseconds(h.Quantile(0.95)),
		P99MS:    milliseconds(h.Quantile(0.99)),
		MinMS:    milliseconds(h.Min()),
		MaxMS:    milliseconds(h.Max()),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
