package learn

import "github.com/helixrouter/helix/route"

// Version is the format of Snapshot. A learner restores no other.
const Version = 1

// Snapshot is a learner as GET /api/neural shows it and the weights file keeps
// it. It survives JSON without a loss. What follows from the rest (epsilon, the
// guard's acting and reason, converged) is written for readers and not read back,
// and the mode is the configuration's.
type Snapshot struct {
	Version     int    `json:"version"`
	Mode        Mode   `json:"mode"`
	SampleCount uint64 `json:"sample_count"` // jobs that taught something
	Explored    uint64 `json:"explored"`
	IsWarmedUp  bool   `json:"is_warmed_up"` // the trial is over and did not end in a loss

	AvgReward         float64                   `json:"avg_reward"` // over the last 2,000 jobs or so, like all means here
	RewardVariance    float64                   `json:"reward_variance"`
	PerStrategyCounts map[route.Strategy]uint64 `json:"per_strategy_counts"`

	Epsilon  float32     `json:"epsilon"`
	Features []string    `json:"features"`
	Weights  [][]float64 `json:"weights"` // a row per strategy, in the order of features
	Squares  [][]float64 `json:"squares"` // decayed sums of squared gradients: the larger, the smaller the steps

	Agreement     float64 `json:"agreement"`      // share of jobs in which the learner would take the baseline's arm
	EstimatedGain float64 `json:"estimated_gain"` // mean loss that its own arm saves
	Drifts        uint64  `json:"drifts"`         // alarms so far
	Calm          uint64  `json:"calm"`           // samples since the last alarm, less what it made forget

	Guard GuardSnapshot           `json:"guard"`
	Kinds map[uint32]KindSnapshot `json:"kinds"`
}

// GuardSnapshot is the guard's part.
type GuardSnapshot struct {
	Budget    float64 `json:"budget"`    // loss that may still be risked against the baseline
	Permitted bool    `json:"permitted"` // the budget has not run out
	Acting    bool    `json:"acting"`    // decisions follow the weights
	Fallbacks uint64  `json:"fallbacks"` // permissions that ended, of single kinds too
	Reason    string  `json:"reason"`
	Loss      float64 `json:"loss"`      // mean, observed
	BaseLoss  float64 `json:"base_loss"` // mean of the baseline, estimated where it was not played
}

// KindSnapshot is one kind's part. The learner knows numbers only: who saves a
// snapshot fills in the names, and who restores one gives each name its new number.
type KindSnapshot struct {
	Name       string    `json:"name,omitempty"`
	Samples    uint64    `json:"samples"`
	Converged  bool      `json:"converged"`
	Error      float64   `json:"error"`      // mean error of the last 100 jobs or so
	Intercepts []float64 `json:"intercepts"` // one per strategy, before shrinking
	Evidence   []float64 `json:"evidence"`   // jobs that each rests on, after fading
	Variances  []float64 `json:"variances"`
	Budget     float64   `json:"budget"`
	Permitted  bool      `json:"permitted"`
}

// Snapshot returns a copy of all that is learned, but for how far the test for
// drift has come.
func (l *Learner) Snapshot() Snapshot {
	s := Snapshot{
		Version: Version, Mode: l.mode,
		SampleCount: l.samples, Explored: l.explored, IsWarmedUp: l.warmed,
		AvgReward: l.rewards.mean, RewardVariance: l.rewards.variance,
		PerStrategyCounts: map[route.Strategy]uint64{},
		Epsilon:           l.epsilon(),
		Features:          FeatureNames[:],
		Agreement:         l.agreement, EstimatedGain: l.gain,
		Drifts: l.drifts, Calm: l.calm,
		Guard: l.guardSnapshot(),
		Kinds: map[uint32]KindSnapshot{},
	}
	for i := range route.NumLocal {
		a := route.Strategy(i)
		s.PerStrategyCounts[a] = l.counts[i]
		s.Weights = append(s.Weights, append([]float64(nil), l.rows[i].weights[:]...))
		s.Squares = append(s.Squares, append([]float64(nil), l.rows[i].squares[:]...))
	}
	for i := range l.kinds {
		if l.kinds[i].known() {
			s.Kinds[uint32(i)] = l.kinds[i].snapshot()
		}
	}
	return s
}

func (l *Learner) guardSnapshot() GuardSnapshot {
	g := &l.guard
	return GuardSnapshot{
		Budget: g.left, Permitted: g.permitted, Acting: l.acting(), Fallbacks: g.fallbacks,
		Reason: l.reason(), Loss: g.loss, BaseLoss: g.baseLoss,
	}
}

// known reports whether a job of the kind was ever observed. Kind numbers are
// dense, so those that were not are gaps in a slice.
func (k *kind) known() bool { return *k != kind{} }

func (k *kind) snapshot() KindSnapshot {
	s := KindSnapshot{
		Samples: k.samples, Converged: k.converged(), Error: k.errors,
		Budget: k.budget.left, Permitted: k.budget.permitted,
	}
	for i := range k.arms {
		s.Intercepts = append(s.Intercepts, k.arms[i].mean)
		s.Evidence = append(s.Evidence, k.arms[i].evidence)
		s.Variances = append(s.Variances, k.arms[i].variance)
	}
	return s
}
