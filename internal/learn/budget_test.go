package learn_test

import (
	"testing"

	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/route"
)

// job is one that took an arm where the model would have taken the pool.
func job(chosen route.Strategy, loss float32) *learn.Sample {
	return &learn.Sample{
		Chosen: chosen, Base: route.CPUPool, Allowed: route.SetOf(arms...),
		X: learn.Features{1}, Predicted: flat(0, nil), Loss: loss,
	}
}

// What leaving costs is reckoned from what the baseline would have lost at best:
// the less is known of it, the more.
func TestDoubtCostsBudget(t *testing.T) {
	cost := func(known int) float64 {
		l := learn.New(learn.Guarded)
		for range known {
			l.Observe(job(route.CPUPool, 0.35))
		}
		before := l.Snapshot().Guard.Budget
		l.Observe(job(route.Spawn, 0.35))
		return before - l.Snapshot().Guard.Budget
	}
	if nothing, much := cost(0), cost(200); nothing < 0.3 || much < -0.02 || much > 0.05 {
		t.Errorf("an arm as good as the baseline costs %.3f when that was never played and %.3f when it was 200 times", nothing, much)
	}
}

// A kind that spent its own budget is held to the baseline; the others are not.
func TestAKindPaysForItself(t *testing.T) {
	w := newWorld(1, 0.1)
	w.run(0, 5_000)
	bad := job(route.Batch, 1.2)
	for range 25 {
		w.learner.Observe(bad)
	}
	p := w.learner.Publish()
	x := learn.Features{1, 1, 1, 1, 1, 1, 1}
	if p.Acts(0) || p.Residual(route.Batch, 0, &x) != 0 {
		t.Errorf("kind 0 still acts: %+v", w.learner.Snapshot().Kinds[0])
	}
	if !p.Acts(1) || p.Residual(route.Batch, 1, &x) == 0 {
		t.Errorf("kind 1 does not act: %+v", w.learner.Snapshot().Guard)
	}
}

// The estimated gain takes what was observed over what was hoped for.
func TestDisappointmentLowersTheGain(t *testing.T) {
	l := learn.New(learn.Shadow)
	for range 300 {
		l.Observe(job(route.Spawn, 0.1))
	}
	before := l.Snapshot()
	if before.EstimatedGain <= 0 || before.Agreement == 1 {
		t.Fatalf("sees no gain in the better arm: %g, agreement %g", before.EstimatedGain, before.Agreement)
	}
	l.Observe(job(route.Spawn, 1.2))
	if after := l.Snapshot().EstimatedGain; after >= before.EstimatedGain {
		t.Errorf("gain %g after a bad loss, %g before", after, before.EstimatedGain)
	}
}
