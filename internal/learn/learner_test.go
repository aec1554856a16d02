package learn_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/route"
)

func TestModesReadTheirNames(t *testing.T) {
	for m, name := range map[learn.Mode]string{learn.Off: "off", learn.Shadow: "shadow", learn.Guarded: "guarded", learn.Frozen: "frozen"} {
		text, err := m.MarshalText()
		if err != nil || string(text) != name || m.String() != name {
			t.Errorf("mode %d is %q, %v", m, text, err)
		}
		if got, err := learn.ParseMode(name); err != nil || got != m {
			t.Errorf("%q reads as %s, %v", name, got, err)
		}
	}
	m := learn.Guarded
	if err := m.UnmarshalText([]byte("Off")); err == nil || m != learn.Guarded {
		t.Errorf("%q was taken as %s", "Off", m)
	}
	if _, err := learn.Mode(4).MarshalText(); err == nil {
		t.Error("a mode without a name was written")
	}
}

func TestOnlyTheModesThatActLeaveTheBaseline(t *testing.T) {
	for _, c := range []struct {
		mode            learn.Mode
		learns, acts    bool
		reason          string
		mostExploration float32
	}{
		{learn.Off, false, false, "off", 0},
		{learn.Shadow, true, false, "shadow", 0},
		{learn.Guarded, true, true, "acting", learn.MaxEpsilon},
		{learn.Frozen, false, true, "acting", 0},
	} {
		w := hidden(1)
		w.predict = func(uint32, *learn.Features) losses { return losses{0.5, 0.4, 0.3, 0.45} } // the pool is worse than that
		w.learner.SetMode(c.mode)
		left := 0
		for at := range 10_000 {
			if _, _, s := w.step(at); s.Chosen != s.Base {
				left++
			}
		}
		s, p := w.learner.Snapshot(), w.learner.Publish()
		if learned := s.Weights[route.CPUPool][0] != 0; learned != c.learns {
			t.Errorf("%s: learned %t, want %t", c.mode, learned, c.learns)
		}
		if p.Acting != c.acts || s.Guard.Acting != c.acts || !strings.HasPrefix(s.Guard.Reason, c.reason) || p.Epsilon > c.mostExploration {
			t.Errorf("%s: %+v, epsilon %g", c.mode, s.Guard, p.Epsilon)
		}
		if (left > 0) != (c.mode == learn.Guarded) { // frozen has no weights to follow
			t.Errorf("%s left the baseline %d times", c.mode, left)
		}
	}
}

func TestAGuardedLearnerWaitsForItsTrial(t *testing.T) {
	w := newWorld(1, 0.1)
	w.run(0, 1_999)
	if p, s := w.learner.Publish(), w.learner.Snapshot(); p.Acting || p.Epsilon != 0 || s.IsWarmedUp || !strings.HasPrefix(s.Guard.Reason, "trial") {
		t.Errorf("acts in its trial: %+v", s.Guard)
	}
	w.run(1_999, 2_100)
	if s := w.learner.Snapshot(); !s.IsWarmedUp || !s.Guard.Acting || s.Epsilon <= 0 || s.Epsilon > learn.MaxEpsilon {
		t.Errorf("does not act after it: %+v", s.Guard)
	}
}

func TestAFrozenLearnerFollowsItsWeights(t *testing.T) {
	w := hidden(1)
	w.run(0, 40_000)
	w.learner.SetMode(learn.Frozen)
	before := w.learner.Snapshot()
	done, base := w.run(40_000, 50_000)
	after := w.learner.Snapshot()
	if done > 0.95*base {
		t.Errorf("%.4f times the loss of the baseline, at most 0.95", done/base)
	}
	if before.Weights[route.Spawn][0] != after.Weights[route.Spawn][0] || before.Kinds[1].Samples != after.Kinds[1].Samples {
		t.Error("frozen weights moved")
	}
	if after.Explored != before.Explored {
		t.Errorf("explored %d jobs", after.Explored-before.Explored)
	}
}

// A guard that ran out says so and lets the learner back when it has recovered.
func TestAFallBackShowsAndEnds(t *testing.T) {
	w := newWorld(1, 0.1)
	w.run(0, 5_000)
	bad := w.draw()
	bad.Base = learn.Least(bad.Allowed, &bad.Predicted)
	bad.Chosen, bad.Loss = (bad.Base+1)%4, 1.2
	for range 80 { // at most 50 is left, and each of them costs 0.9 or so
		w.learner.Observe(&bad)
	}
	if s := w.learner.Snapshot(); s.Guard.Acting || s.Guard.Fallbacks == 0 || !strings.HasPrefix(s.Guard.Reason, "exhausted") {
		t.Fatalf("still acts: %+v", s.Guard)
	}
	if p := w.learner.Publish(); p.Acting || p.Acts(bad.Kind) || p.Residual(bad.Chosen, bad.Kind, &bad.X) != 0 || p.Epsilon != 0 {
		t.Fatal("the published weights still act")
	}
	w.run(5_000, 40_000)
	if p := w.learner.Publish(); !p.Acting || !p.Acts(bad.Kind) {
		t.Fatalf("does not act again: %+v", w.learner.Snapshot().Guard)
	}
}

func TestAKindThatWasNeverSeenKeepsToTheBaseline(t *testing.T) {
	w := newWorld(1, 0.1)
	w.run(0, 5_000)
	p := w.learner.Publish()
	if !p.Acts(0) || p.Acts(200) || !p.Acts(learn.MaxKinds) {
		t.Errorf("acts for a known kind %t, an unknown %t, one past the bound %t", p.Acts(0), p.Acts(200), p.Acts(learn.MaxKinds))
	}
	if zero := (learn.Weights{}); zero.Acts(0) || zero.Residual(0, 0, &learn.Features{1}) != 0 {
		t.Error("the zero weights act")
	}
}

// What was published is never written again.
func TestPublishedWeightsStandStill(t *testing.T) {
	w := hidden(1)
	w.run(0, 30_000)
	p, x := w.learner.Publish(), learn.Features{1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}
	before := p.Residual(route.Spawn, 1, &x)
	w.truth = func(int, uint32, *learn.Features) losses { return losses{1, 1, 1, 1} }
	w.run(30_000, 35_000)
	if after := p.Residual(route.Spawn, 1, &x); before != after || before == 0 {
		t.Errorf("corrected by %g, then by %g", before, after)
	}
}

func TestKindsConverge(t *testing.T) {
	w := hidden(1)
	w.run(0, 300)
	if s := w.learner.Snapshot(); s.Kinds[0].Converged {
		t.Error("converged after 150 jobs")
	}
	w.run(300, 30_000)
	if s := w.learner.Snapshot(); !s.Kinds[0].Converged || !s.Kinds[1].Converged {
		t.Errorf("not converged: %+v", s.Kinds)
	}
}

// Shed jobs are counted and teach nothing.
func TestShedJobsAreCountedOnly(t *testing.T) {
	l := learn.New(learn.Guarded)
	for range 10 {
		l.Observe(&learn.Sample{Chosen: route.Drop, Reward: -1, Loss: 1})
	}
	s := l.Snapshot()
	if s.PerStrategyCounts[route.Drop] != 10 || s.AvgReward != -1 || s.SampleCount != 0 || len(s.Kinds) != 0 {
		t.Errorf("%+v", s)
	}
}

// A change that makes the predictions worse is noticed, and exploration rises again.
func TestADriftIsNoticed(t *testing.T) {
	w := newWorld(1, 0.1)
	w.run(0, 30_000)
	calm := w.learner.Snapshot()
	if calm.Drifts != 0 {
		t.Errorf("%d alarms without a change", calm.Drifts)
	}
	w.truth = w.redrawn(1 << 30)
	w.run(30_000, 30_600)
	if s := w.learner.Snapshot(); s.Drifts == 0 || s.Epsilon < 1.5*calm.Epsilon {
		t.Errorf("%d alarms, epsilon %g after %g", s.Drifts, s.Epsilon, calm.Epsilon)
	}
}

// However long and whatever the losses, the weights stay within their bounds.
func TestWeightsStayBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	l := learn.New(learn.Guarded)
	jobs := 1_000_000
	if testing.Short() || raceEnabled {
		jobs = 50_000
	}
	for at := range jobs {
		s := anySample(rng, 1e6)
		if at%2 == 0 { // one long lie, in a direction that decay alone would not hold
			s = learn.Sample{Kind: 1, Chosen: route.Spawn, Allowed: 15, X: learn.Features{1, 2, 2, 2, 2, 2, 2}, Loss: 1.2}
		}
		l.Observe(&s)
	}
	s := l.Snapshot()
	for i, row := range s.Weights {
		for j, v := range row {
			if !(math.Abs(v) <= 1) || i == int(route.Drop) && v != 0 {
				t.Errorf("weight %s of %s is %g", learn.FeatureNames[j], route.Strategy(i), v)
			}
		}
	}
	if err := learn.New(learn.Guarded).Restore(s); err != nil {
		t.Errorf("its own snapshot is refused: %v", err)
	}
}

func TestTallyCountsWhatNobodyChose(t *testing.T) {
	l := learn.New(learn.Guarded)
	l.Tally(route.Inline, 3000, 1)
	l.Tally(route.Drop, 1000, -1)
	l.Tally(route.Inline, 0, -1)
	s := l.Snapshot()
	if s.PerStrategyCounts[route.Inline] != 3000 || s.PerStrategyCounts[route.Drop] != 1000 || s.SampleCount != 0 {
		t.Errorf("%+v", s)
	}
	if s.AvgReward < -0.1 || s.AvgReward > 0.6 { // 1 in 2000 remembered fades for the 1000 that came later
		t.Errorf("average reward %v of 3000 in time and then 1000 shed", s.AvgReward)
	}
	off := learn.New(learn.Off)
	off.Tally(route.Inline, 5, 1)
	if n := off.Snapshot().PerStrategyCounts[route.Inline]; n != 0 {
		t.Errorf("%d counted in mode off", n)
	}
}
