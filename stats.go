package helix

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/pressure"
	"github.com/helixrouter/helix/route"
)

// Stats is one look at a Router: what was asked of it, how it ended, how long it
// took and how full it is. The numbers are cumulative since New unless said otherwise.
type Stats struct {
	Uptime time.Duration // since New
	Ledger Ledger        // every job accounted for
	InTime uint64        // jobs done within their budget, or without one: goodput, as a count

	Strategies []StrategyStats // one row per strategy that was used, sorted by name
	Kinds      []KindStats     // one row per (kind, strategy) that was used, sorted
	Sheds      map[Reason]uint64

	Pool      PoolStats
	Batches   BatchStats
	Tenants   []TenantStats // who is known by name, sorted by it
	Spawned   int           // spawned jobs running now
	Abandoned []AbandonedJob
	Pressure  PressureStats
	Decision  Histogram // seconds per decision, sampled

	AdaptiveSpawnThreshold uint64 // in cost units, see AdaptTick
}

// StrategyStats sums up one strategy over all kinds.
type StrategyStats struct {
	Strategy Strategy
	Count    uint64        // jobs routed here
	Sojourn  Histogram     // wait plus run of the jobs that ran to their end
	EMA      time.Duration // of the sojourn, weighted by ema_alpha
}

// KindStats is one kind on one strategy.
type KindStats struct {
	Kind     string
	Strategy Strategy
	Outcomes map[Disposition]uint64
	Wait     Histogram // from submit to start, of the jobs that ran to their end
	Run      Histogram // from start to end, of the same
	Sojourn  Histogram // both, of the same
}

// PoolStats is the pool at this moment.
type PoolStats struct {
	Width int // slots that may be taken, cpu_parallelism
	// Effective is how many jobs of about the same size run at a time: Width under the
	// threshold policy, at most Width under the adaptive one, whose autoscaler moves it.
	Effective int
	Busy      int // slots taken, by running and by abandoned jobs
	Queued    int // jobs waiting, in the queue and in forming batches
	QueueCap  int // bound of Queued
}

// BatchStats counts the batches that ran.
type BatchStats struct {
	Count uint64      // batches
	Jobs  uint64      // jobs in all of them
	Sizes []SizeCount // by size, in powers of two, smallest first
}

// SizeCount counts the batches of UpTo jobs or fewer, and more than the bucket before.
type SizeCount struct {
	UpTo  int
	Count uint64
}

// AbandonedJob is work that its caller has left and that ignores its context. It
// keeps its slot until it returns.
type AbandonedJob struct {
	Kind     string
	Strategy Strategy
	Running  time.Duration // since it started
}

// PressureStats is the blended pressure with its parts.
type PressureStats struct {
	Score   float64          // 0..1
	Ruling  string           // the signal that contributes most, "none" when idle
	Signals []PressureSignal // every signal, also the ones at 0
}

// PressureSignal is one named part of the pressure.
type PressureSignal struct {
	Name   string
	Value  float64 // 0..1
	Weight float64 // its share in the blend; external is blended by max
}

// Stats looks at everything. It sums over all shards and copies histograms, about
// 20 us for each kind on each strategy: for scrapes and pages, not for the path of
// a job. Ledger.Imbalance is that of the last whole second, so that jobs between two
// books do not show in it; after Close it is exact.
func (r *Router) Stats() Stats {
	r.mu.Lock()
	r.measureLocked()
	signals := r.signals
	spawnThreshold := r.adaptive.value
	imbalance := r.control.books.floor
	tenants := r.tenantStatsLocked()
	r.mu.Unlock()
	if r.closed.Load() { // nothing moves any more, and nobody looks
		imbalance = r.difference()
	}
	config := r.Config()
	s := Stats{
		Uptime: r.exec.Now(),
		Sheds:  map[Reason]uint64{},
		Pool: PoolStats{
			Width: config.CPUParallelism, Effective: r.effective(), Busy: r.exec.Pool.Busy(),
			Queued: r.exec.Pool.Queued(), QueueCap: config.CPUQueueCap,
		},
		Batches:                r.batchStats(),
		Tenants:                tenants,
		Spawned:                r.exec.Spawner.Live(),
		Abandoned:              r.named(r.exec.Abandoned()),
		Pressure:               pressureStats(signals),
		Decision:               Histogram{r.recorder.Decisions()},
		AdaptiveSpawnThreshold: spawnThreshold,
	}
	counters := r.recorder.Counters()
	s.Ledger = ledgerOf(&counters)
	s.Ledger.Imbalance = imbalance
	s.InTime = counters.InTime
	for reason, n := range counters.Sheds {
		if n > 0 {
			s.Sheds[Reason(reason)] = n
		}
	}
	s.Kinds = r.kindStats()
	s.Strategies = r.strategyStats(&counters)
	return s
}

func (r *Router) kindStats() []KindStats {
	var rows []KindStats
	for _, m := range r.recorder.Series() {
		outcomes := map[Disposition]uint64{}
		for d, n := range m.Outcomes {
			if n > 0 {
				outcomes[Disposition(d)] = n
			}
		}
		rows = append(rows, KindStats{
			Kind: r.kinds.name(m.Kind), Strategy: m.Strategy, Outcomes: outcomes,
			Wait: Histogram{&m.Wait}, Run: Histogram{&m.Run}, Sojourn: Histogram{&m.Sojourn},
		})
	}
	slices.SortFunc(rows, func(a, b KindStats) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), cmp.Compare(a.Strategy, b.Strategy))
	})
	return rows
}

func (r *Router) strategyStats(c *feedback.Counters) []StrategyStats {
	var rows []StrategyStats
	averages := r.recorder.Averages()
	for i, s := range route.Strategies() {
		if c.Begun[i] > 0 {
			rows = append(rows, StrategyStats{
				Strategy: s, Count: c.Begun[i], Sojourn: Histogram{r.recorder.Sojourns(s)}, EMA: averages[i],
			})
		}
	}
	slices.SortFunc(rows, func(a, b StrategyStats) int { return strings.Compare(a.Strategy.String(), b.Strategy.String()) })
	return rows
}

func (r *Router) batchStats() BatchStats {
	bySize, jobs := r.recorder.Batches()
	s := BatchStats{Jobs: jobs}
	for i, n := range bySize {
		s.Count += n
		s.Sizes = append(s.Sizes, SizeCount{UpTo: 1 << i, Count: n})
	}
	return s
}

func pressureStats(p pressure.Snapshot) PressureStats {
	s := PressureStats{Score: p.Score, Ruling: p.Ruling}
	for _, x := range p.Signals {
		s.Signals = append(s.Signals, PressureSignal(x))
	}
	return s
}
