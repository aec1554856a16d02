package metrics

import "github.com/helixrouter/helix"

// What the learner knows and the autoscaler sees. Both are single numbers: rows by
// kind are at /api/neural.
var (
	learnerSamples   = describe("helix_learner_samples_total", "Jobs that taught the learner something, in earlier processes too where their weights were loaded.")
	learnerReward    = describe("helix_learner_reward_mean", "Mean reward of late, -1 to 1: a job in its budget 1, a late one -0.5, one shed or failed -1.")
	learnerBudget    = describe("helix_learner_guard_budget", "Loss that the learner may still risk against the model, in jobs; below 1.2 it is not permitted to act.")
	learnerFallbacks = describe("helix_learner_fallbacks_total", "Times that the guard took the permission to act away, from single kinds too; counted since the learner began.")
	learnerActing    = describe("helix_learner_acting", "1 while decisions follow the learner's weights, else 0.")

	coresNeeded  = describe("helix_cores_needed", "Cores that all arrivals will need at the forecast's horizon, refused ones too; 0 while there are too few observations.")
	coresPresent = describe("helix_cores_present", "Cores that the router can use, the lesser of GOMAXPROCS and the quota; 0 before the first look.")
	parallelism  = describe("helix_autoscale_parallelism", "Pool slots that the autoscaler recommends.")
)

// learner sends what is learned, whatever its mode: one that is off stands still.
func (to sink) learner(s *helix.NeuralSnapshot) {
	to.counter(learnerSamples, s.SampleCount)
	to.gauge(learnerReward, s.AvgReward)
	to.gauge(learnerBudget, s.Guard.Budget)
	to.counter(learnerFallbacks, s.Guard.Fallbacks)
	to.gauge(learnerActing, oneIf(s.Guard.Acting))
}

// autoscaler sends nothing while nothing is looked at: a 0 would be a lie.
func (to sink) autoscaler(a *helix.Autoscale) {
	if a.Mode == helix.AutoscaleOff {
		return
	}
	to.gauge(coresNeeded, a.CoresNeeded)
	to.gauge(coresPresent, a.CoresPresent)
	to.gauge(parallelism, float64(a.Parallelism))
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
