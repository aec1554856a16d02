package policy

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// The learner's loss of a job is 1 if it was late, and slowLoss for each time that it took as long as its
// predicted core time, at most slowest times. Lateness alone would teach nothing for
// hours where all goes well; slowness differs between the arms at every job.
const (
	slowLoss = 0.25
	slowest  = 0.8 // slowLoss * slowest times is what a job can lose that is not late, 0.2 short of a late one
	// tie is by how much an arm that the table does not pick is taken for worse where
	// nothing speaks against it.
	tie = 0.001
	// calm is the pressure up to which arms are tried for what they may teach.
	calm = 0.8
)

// candidates are the arms among which a learned correction may decide: the table's own, and
// while cores are free the other one that begins at once. Batching is left to who asked for it.
func candidates(base route.Strategy, allowed route.Set, free bool) route.Set {
	s := route.SetOf(base)
	if free && base != route.Batch {
		s |= allowed & route.SetOf(route.Spawn, route.CPUPool)
	}
	return s
}

// correct lets what was learned pick among the candidates.
func (a *Adaptive) correct(c *question, base route.Strategy, req route.Request, who route.Subject, load route.Load, sig *route.Signals) (s route.Strategy, propensity float32) {
	w := &a.Book.Weights
	allowed := candidates(base, who.Allowed, c.free)
	if allowed == route.SetOf(base) || !w.Acts(who.Kind) {
		return base, 1
	}
	x, loss := a.features(c, req, load, sig), a.losses(c, base, allowed)
	for _, s := range [...]route.Strategy{route.Spawn, route.CPUPool} {
		loss[s] += w.Residual(s, who.Kind, &x)
	}
	if sig.Pressure > calm || who.Class >= route.ClassCritical {
		return learn.Least(allowed, &loss), 1
	}
	return w.Choose(allowed, &loss, load.Draw)
}

// losses is what the model predicts for the arms of a set.
func (a *Adaptive) losses(c *question, base route.Strategy, allowed route.Set) (loss [route.NumLocal]float32) {
	times := 1.0
	if !c.free {
		times = float64(a.finish(c.cell, c.run)) / float64(max(c.mean, 1))
	}
	expected := float32(Slowness(times))
	for s := range loss {
		if allowed.Has(route.Strategy(s)) {
			loss[s] = expected + tie
		}
	}
	loss[base] = expected
	return loss
}

// Slowness is the loss of a job that is not late and took so many times its core time.
func Slowness(times float64) float64 { return min(slowLoss*max(times, 0), slowest) }

func (a *Adaptive) features(c *question, req route.Request, load route.Load, sig *route.Signals) (x learn.Features) {
	x[0] = 1
	x[1] = float32((c.p.Log - 20) / 10)
	x[2] = float32(sig.Pressure)
	if req.Budget > 0 {
		if !c.free {
			wait, _ := a.Book.Door.Wait(c.cell)
			x[3] = float32(min(float64(wait)/float64(req.Budget), 2))
		}
		x[6] = float32((stats.Log2(float64(req.Budget)) - 26) / 10)
	}
	if lanes := a.Book.Lanes; lanes > 0 {
		x[4] = float32(min(float64(load.CPUBusy+load.Spawned)/float64(16*lanes), 2))
	}
	x[5] = min(req.Scaling, 1)
	return x
}

// Lesson is what the learner has to know of a decision when its outcome comes. ok is
// false if it can learn nothing from it.
func (a *Adaptive) Lesson(req route.Request, who route.Subject, load route.Load, sig *route.Signals, d route.Decision) (lesson learn.Sample, ok bool) {
	if d.Service == 0 || d.Strategy == route.Inline || d.Strategy == route.Drop {
		return lesson, false
	}
	var c question
	a.size(&c, req, who, load)
	if a.mayJoin(who) {
		who = a.join(&c, req, who, sig)
	}
	base, _ := a.table(&c, req, who, sig)
	allowed := candidates(base, who.Allowed, c.free)
	if !allowed.Has(d.Strategy) { // the router had to overrule both
		base, allowed = d.Strategy, route.SetOf(d.Strategy)
	}
	return learn.Sample{
		Kind: who.Kind, Chosen: d.Strategy, Base: base, X: a.features(&c, req, load, sig), Allowed: allowed,
		Predicted: a.losses(&c, base, allowed), Propensity: d.Propensity, Explored: d.Reason == route.ReasonExplored,
		Loss: float32(math.NaN()),
	}, true
}

// Grade fills in what became of a job: its loss and reward.
func Grade(lesson *learn.Sample, service, sojourn, budget time.Duration, end route.Disposition) {
	late := budget > 0 && sojourn > budget
	lesson.Loss = float32(Slowness(float64(sojourn) / float64(max(service, 1))))
	lesson.Reward = 1
	switch {
	case end != route.Done:
		lesson.Loss, lesson.Reward = 1, -1
	case late:
		lesson.Loss, lesson.Reward = 1, -0.5
	}
}
