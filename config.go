package helix

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/learn"
)

// Config is everything about a Router that can change while it runs. Every
// field takes effect on the live router, both ways, without losing a job.
// Start from DefaultConfig: the zero Config is not valid.
type Config struct {
	// InlineThreshold is the largest cost, in declared units, that the table runs on the
	// caller's goroutine; the adaptive policy goes by what is proven as soon as it knows.
	// Default 8000; at least 1 and below SpawnThreshold.
	InlineThreshold uint64 `json:"inline_threshold"`
	// SpawnThreshold is the cost, in declared units, from which a job is heavy and
	// needs a pool slot. The adaptive threshold starts here. Default 60000.
	SpawnThreshold uint64 `json:"spawn_threshold"`
	// SpawnLimit bounds the goroutines of spawned jobs; at the bound a job goes to
	// the pool instead. Default 1024, about 8 MiB of stacks: far above what two
	// cores can run, far below what hurts. Range 1..1048576.
	SpawnLimit int `json:"spawn_limit"`
	// RemoteLimit bounds the jobs that are on other machines at a time, where the router has a
	// transport; at the bound a job stays here. Default 1024, what a link of 10 ms carries at 100,000
	// jobs a second. Range 0..1048576; 0 keeps everything here.
	RemoteLimit int `json:"remote_limit"`
	// CPUQueueCap bounds the jobs that wait for a pool slot, in the queue and in
	// forming batches together. Default 512; at least CPUParallelism, at most 1048576.
	CPUQueueCap int `json:"cpu_queue_cap"`
	// CPUParallelism is the number of pool slots. Under the adaptive policy it is a ceiling:
	// see Autoscale. Default 8. Range 1..4096.
	CPUParallelism int `json:"cpu_parallelism"`
	// BackpressureBusyThreshold is the number of busy slots from which the
	// threshold table sheds what cannot be batched. Default 7. A value above
	// CPUParallelism never triggers and leaves shedding to the queue bound. The adaptive
	// policy has no such gate.
	BackpressureBusyThreshold int `json:"backpressure_busy_threshold"`
	// BatchMaxSize is the largest number of jobs in one batch. Default 8. Range 1..4096.
	BatchMaxSize int `json:"batch_max_size"`
	// BatchMaxDelayMS is how long, in milliseconds, a forming batch may yield to
	// queued pool work before the next free slot must take it. Default 10. Range 1..60000.
	BatchMaxDelayMS int `json:"batch_max_delay_ms"`
	// EMAAlpha is the weight of the newest sample in the latency averages. Default 0.15. Range (0,1].
	EMAAlpha float64 `json:"ema_alpha"`
	// AdaptiveStep is the share by which the adaptive spawn threshold rises in one
	// tick; it falls by a tenth of it. Default 0.10. Range (0,1].
	AdaptiveStep float64 `json:"adaptive_step"`
	// CPUP95BudgetMS is the pool's p95 sojourn, in milliseconds, below which the
	// adaptive spawn threshold falls back. Default 200. Range 1..3600000.
	CPUP95BudgetMS int `json:"cpu_p95_budget_ms"`
	// AdaptiveP95ThresholdFactor times the budget is the p95 above which the
	// adaptive spawn threshold rises. Default 1.5. Range (0,1000].
	AdaptiveP95ThresholdFactor float64 `json:"adaptive_p95_threshold_factor"`
	// Policy names who decides: "adaptive" predicts, admits what will be in time and
	// learns; "threshold" is the documented table. Default "adaptive".
	Policy string `json:"policy"`
	// Autoscale says what the autoscaler may do: "off", "advise", or "apply", which moves
	// the number of jobs that run at a time between the cores and CPUParallelism: up for
	// work that blocks. Otherwise the adaptive policy runs as many as there are cores. Under
	// the threshold policy it advises at most. Default "apply".
	Autoscale string `json:"autoscale"`
	// Learner says what the learner of the adaptive policy may do: "off", "shadow"
	// (learns and never acts), "guarded" (acts while it does better than the
	// table) or "frozen" (acts and does not learn). Default "guarded".
	Learner string `json:"learner"`
	// TenantFloor is the share of an even part of the cores that each tenant is guaranteed
	// under the adaptive policy while not everything can run: at 0.5, with four tenants, an
	// eighth of the cores each. At 0 work is let in by class and size alone, which finishes
	// the most jobs and can leave a tenant of long ones nothing; at 1 all tenants have
	// the same before anybody has more. Default 0.25: it costs nothing where tenants differ in how much they send,
	// and what it guarantees where they differ in how long their jobs are. Range [0,1].
	TenantFloor float64 `json:"tenant_floor"`
	// MetricsLegacy exports the original's metric names (helix_completed and
	// others in ms) beside the ones in base units. Default true.
	MetricsLegacy bool `json:"metrics_legacy"`
}

// The policies.
const (
	PolicyAdaptive  = "adaptive"  // predicts, admits what will be in time, and learns
	PolicyThreshold = "threshold" // the documented table, see ChooseStrategy
)

// DefaultConfig returns the documented defaults.
func DefaultConfig() Config {
	return Config{
		InlineThreshold:            8_000,
		SpawnThreshold:             60_000,
		SpawnLimit:                 1_024,
		RemoteLimit:                1_024,
		CPUQueueCap:                512,
		CPUParallelism:             8,
		BackpressureBusyThreshold:  7,
		BatchMaxSize:               8,
		BatchMaxDelayMS:            10,
		EMAAlpha:                   0.15,
		AdaptiveStep:               0.10,
		CPUP95BudgetMS:             200,
		AdaptiveP95ThresholdFactor: 1.5,
		Policy:                     PolicyAdaptive,
		Autoscale:                  AutoscaleApply,
		Learner:                    learn.Guarded.String(),
		TenantFloor:                0.25,
		MetricsLegacy:              true,
	}
}

// Upper bounds of the numbers. A larger value is a typing error or an attack,
// not a wish: each would let one field alone exhaust the machine or overflow a product.
const (
	maxCost        = 1 << 53 // exact in a float64
	maxQueue       = 1 << 20 // a million waiting jobs are some 300 MiB
	maxParallelism = 4096    // slots; four times the largest machines of today
	maxBatch       = 4096
	maxDelayMS     = 60_000
	maxBudgetMS    = 3_600_000
	maxFactor      = 1000
)

// Validate reports all faults at once as a *ConfigError, or nil.
func (c Config) Validate() error {
	var f faults
	f.between("inline_threshold", c.InlineThreshold, 1, maxCost)
	f.between("spawn_threshold", c.SpawnThreshold, 1, maxCost)
	if c.InlineThreshold >= c.SpawnThreshold {
		f.add("inline_threshold", c.InlineThreshold, "must be below spawn_threshold (%d)", c.SpawnThreshold)
	}
	f.count("spawn_limit", c.SpawnLimit, maxQueue)
	if c.RemoteLimit < 0 || c.RemoteLimit > maxQueue {
		f.add("remote_limit", c.RemoteLimit, "must be between 0 and %d", maxQueue)
	}
	f.count("cpu_queue_cap", c.CPUQueueCap, maxQueue)
	f.count("cpu_parallelism", c.CPUParallelism, maxParallelism)
	if c.CPUQueueCap < c.CPUParallelism {
		f.add("cpu_queue_cap", c.CPUQueueCap, "must be at least cpu_parallelism (%d)", c.CPUParallelism)
	}
	f.count("backpressure_busy_threshold", c.BackpressureBusyThreshold, maxQueue)
	f.count("batch_max_size", c.BatchMaxSize, maxBatch)
	f.count("batch_max_delay_ms", c.BatchMaxDelayMS, maxDelayMS)
	f.share("ema_alpha", c.EMAAlpha, 1)
	f.share("adaptive_step", c.AdaptiveStep, 1)
	f.count("cpu_p95_budget_ms", c.CPUP95BudgetMS, maxBudgetMS)
	f.share("adaptive_p95_threshold_factor", c.AdaptiveP95ThresholdFactor, maxFactor)
	if !(c.TenantFloor >= 0 && c.TenantFloor <= 1) {
		f.add("tenant_floor", c.TenantFloor, "must be between 0 and 1")
	}
	if c.Policy != PolicyThreshold && c.Policy != PolicyAdaptive {
		f.add("policy", c.Policy, `must be "adaptive" or "threshold"`)
	}
	if c.Autoscale != AutoscaleOff && c.Autoscale != AutoscaleAdvise && c.Autoscale != AutoscaleApply {
		f.add("autoscale", c.Autoscale, `must be "off", "advise" or "apply"`)
	}
	if _, err := learn.ParseMode(c.Learner); err != nil {
		f.add("learner", c.Learner, `must be "off", "shadow", "guarded" or "frozen"`)
	}
	return f.err()
}

func (f *faults) between(field string, v, lo, hi uint64) {
	if v < lo || v > hi {
		f.add(field, v, "must be between %d and %d", lo, hi)
	}
}

func (f *faults) count(field string, v, hi int) {
	if v < 1 || v > hi {
		f.add(field, v, "must be between 1 and %d", hi)
	}
}

func (f *faults) share(field string, v float64, hi float64) {
	if math.IsNaN(v) || v <= 0 || v > hi {
		f.add(field, v, "must be above 0 and at most %g", hi)
	}
}

func (c Config) batchMaxDelay() time.Duration {
	return time.Duration(c.BatchMaxDelayMS) * time.Millisecond
}

func (c Config) cpuP95Budget() time.Duration {
	return time.Duration(c.CPUP95BudgetMS) * time.Millisecond
}
