package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// The names are part of the interface: dashboards and alerts are made of them.
// Labels are bounded: the router keeps at most 256 kinds, peerNames 64 peers, and all others
// are words of package route or of the pressure signals.
var (
	jobs           = describe("helix_jobs_total", "Jobs that ended, by how they ended.", "kind", "strategy", "outcome")
	sheds          = describe("helix_sheds_total", "Jobs refused at the door, by why.", "reason")
	queueWait      = describe("helix_queue_wait_seconds", "Time from submit to start in seconds, of the jobs that ran to their end.", "kind", "strategy")
	runTime        = describe("helix_run_seconds", "Time from start to end in seconds, of the jobs that ran to their end.", "kind", "strategy")
	sojourn        = describe("helix_sojourn_seconds", "Time from submit to end in seconds, of the jobs that ran to their end.", "kind", "strategy")
	batchSize      = describe("helix_batch_size", "Jobs in each batch that ran; the sum is the jobs in all batches.")
	decisionTime   = describe("helix_decision_seconds", "Time that it took to decide where a job goes in seconds, of a sample of the jobs.")
	inflight       = describe("helix_inflight", "Jobs submitted and not ended.")
	queueDepth     = describe("helix_queue_depth", "Jobs waiting for a pool slot, in the queue and in forming batches.")
	queueLimit     = describe("helix_queue_limit", "Jobs that may wait for a pool slot, the most that helix_queue_depth can be.")
	poolWidth      = describe("helix_pool_width", "Jobs of about the same size that run at a time in the pool; the autoscaler moves it.")
	poolWidthLimit = describe("helix_pool_width_limit", "Pool slots that may be taken, the most that helix_pool_width can be.")
	poolBusy       = describe("helix_pool_busy", "Pool slots taken, by running and by abandoned jobs.")
	spawned        = describe("helix_spawned", "Jobs running on goroutines of their own.")
	abandoned      = describe("helix_abandoned", "Jobs that their callers have left and that still run.")
	pressureRatio  = describe("helix_pressure_ratio", "Load signals, 0 to 1; the signal score is the blend of all.", "signal")
	imbalance      = describe("helix_ledger_imbalance", "Jobs that the ledger misses or counts twice; anything but 0 is a fault of the router.")
	spawnThreshold = describe("helix_adaptive_spawn_threshold", "Cost from which a job needs a pool slot, in declared cost units.")
	uptime         = describe("helix_uptime_seconds", "Time since the router was made in seconds.")
	buildInfo      = describe("helix_build_info", "Always 1; the labels say which build of the router runs.", "version", "goversion", "revision")
)

// families lists everything but the old names and those of the fleet.
var families = []*prometheus.Desc{
	jobs, sheds, queueWait, runTime, sojourn, batchSize, decisionTime,
	inflight, queueDepth, queueLimit, poolWidth, poolWidthLimit, poolBusy, spawned, abandoned,
	pressureRatio, imbalance, spawnThreshold, uptime, buildInfo,
	learnerSamples, learnerReward, learnerBudget, learnerActing, learnerFallbacks,
	coresNeeded, coresPresent, parallelism,
}

// describe makes the description of a metric. A name that ends in a unit gets that
// unit as metadata; OpenMetrics allows it in no other case.
func describe(name, help string, labels ...string) *prometheus.Desc {
	var options []prometheus.DescOpt
	for _, unit := range []string{"seconds", "ratio"} {
		if strings.HasSuffix(name, "_"+unit) {
			options = append(options, prometheus.WithUnit(unit))
		}
	}
	return prometheus.V2.NewDesc(name, help, prometheus.UnconstrainedLabels(labels), nil, options...)
}
