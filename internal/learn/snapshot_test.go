package learn_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/route"
)

// taught returns a learner that has seen anything, sensible or not.
func taught(t *rapid.T) *learn.Learner {
	l := learn.New(learn.Mode(rapid.IntRange(0, 3).Draw(t, "mode")))
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	scale := rapid.SampledFrom([]float32{0.1, 1, 1e6, 3e38}).Draw(t, "scale")
	for range rapid.IntRange(0, 3_000).Draw(t, "jobs") {
		s := anySample(rng, scale)
		l.Observe(&s)
	}
	return l
}

func anySample(rng *rand.Rand, scale float32) learn.Sample {
	odd := []float32{float32(math.NaN()), float32(math.Inf(1)), -1, scale}
	some := func() float32 {
		if rng.IntN(100) == 0 {
			return odd[rng.IntN(len(odd))]
		}
		return rng.Float32() * 1.2
	}
	s := learn.Sample{
		Kind:   rng.Uint32N(5) * 80, // 320 is past MaxKinds
		Chosen: route.Strategy(rng.IntN(6)), Base: route.Strategy(rng.IntN(6)), Allowed: route.Set(rng.IntN(32)),
		Loss: some(), Reward: some() - 0.5, Propensity: some(), Explored: rng.IntN(2) == 0,
	}
	for i := range s.X {
		s.X[i] = some()
	}
	for i := range s.Predicted {
		s.Predicted[i] = some() * scale
	}
	return s
}

func TestASnapshotSurvivesJSONAndRestore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := taught(t)
		want := l.Snapshot()
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var read learn.Snapshot
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(read, want) {
			t.Fatalf("read %+v, wrote %+v", read, want)
		}
		again := learn.New(l.Mode())
		if err := again.Restore(read); err != nil {
			t.Fatal(err)
		}
		if got := again.Snapshot(); !reflect.DeepEqual(got, want) {
			t.Fatalf("restored %+v, want %+v", got, want)
		}
		if !reflect.DeepEqual(again.Publish(), l.Publish()) {
			t.Fatal("a restored learner publishes other weights")
		}
	})
}

func TestTheSnapshotHasTheDocumentedFields(t *testing.T) {
	w := newWorld(1, 0.1)
	w.run(0, 3_000)
	text, _ := json.Marshal(w.learner.Snapshot())
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields("version sample_count avg_reward is_warmed_up weights epsilon reward_variance " +
		"per_strategy_counts features mode guard agreement estimated_gain kinds") {
		if fields[name] == nil {
			t.Errorf("no field %q in %s", name, text)
		}
	}
	var counts map[string]int
	if err := json.Unmarshal(fields["per_strategy_counts"], &counts); err != nil || counts["cpu_pool"] == 0 || len(counts) != 5 {
		t.Errorf("per_strategy_counts %s: %v", fields["per_strategy_counts"], err)
	}
}

func TestRestoreRefusesWhatNoLearnerWrites(t *testing.T) {
	nan := math.NaN()
	for field, spoil := range map[string]func(*learn.Snapshot){
		"version":             func(s *learn.Snapshot) { s.Version = 2 },
		"features":            func(s *learn.Snapshot) { s.Features = s.Features[:6] },
		"weights, squares":    func(s *learn.Snapshot) { s.Weights = s.Weights[:4] },
		"inline: weights":     func(s *learn.Snapshot) { s.Weights[0] = append(s.Weights[0], 0) },
		"spawn: weights":      func(s *learn.Snapshot) { s.Weights[1][3] = nan },
		"drop: weights":       func(s *learn.Snapshot) { s.Weights[4][0] = 0.1 },
		"batch: squares":      func(s *learn.Snapshot) { s.Squares[3][6] = 0 },
		"avg_reward":          func(s *learn.Snapshot) { s.AvgReward = -1.5 },
		"reward_variance":     func(s *learn.Snapshot) { s.RewardVariance = math.Inf(1) },
		"agreement":           func(s *learn.Snapshot) { s.Agreement = nan },
		"estimated_gain":      func(s *learn.Snapshot) { s.EstimatedGain = 2 },
		"per_strategy_counts": func(s *learn.Snapshot) { s.PerStrategyCounts[9] = 1 },
		"guard.budget":        func(s *learn.Snapshot) { s.Guard.Budget = 51 },
		"guard.loss":          func(s *learn.Snapshot) { s.Guard.Loss = -1 },
		"guard.base_loss":     func(s *learn.Snapshot) { s.Guard.BaseLoss = nan },
		"kinds: number 256":   func(s *learn.Snapshot) { s.Kinds[256] = s.Kinds[0] },
		"kinds: 2: error":     func(s *learn.Snapshot) { s.Kinds[2] = learn.KindSnapshot{Error: nan} },
		"kinds: 3: intercepts": func(s *learn.Snapshot) {
			s.Kinds[3] = learn.KindSnapshot{Intercepts: []float64{1}}
		},
		"kinds: 1: intercepts: drop": func(s *learn.Snapshot) { s.Kinds[1].Intercepts[4] = 0.1 },
		"kinds: 1: evidence":         func(s *learn.Snapshot) { s.Kinds[1].Evidence[2] = 201 },
		"kinds: 1: variances":        func(s *learn.Snapshot) { s.Kinds[1].Variances[2] = -1 },
		"kinds: 1: budget":           func(s *learn.Snapshot) { k := s.Kinds[1]; k.Budget = nan; s.Kinds[1] = k },
	} {
		w := newWorld(1, 0.1)
		w.run(0, 3_000)
		before, spoilt := w.learner.Snapshot(), w.learner.Snapshot()
		spoil(&spoilt)
		err := w.learner.Restore(spoilt)
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: error %v", field, err)
		}
		if !reflect.DeepEqual(w.learner.Snapshot(), before) {
			t.Errorf("%s: a snapshot that was refused changed the learner", field)
		}
	}
}
