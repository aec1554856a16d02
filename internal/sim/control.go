package sim

import (
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/capacity"
	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/pressure"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// control is the state of the control loop.
type control struct {
	next      time.Duration // tick
	nextAdapt time.Duration
	last      feedback.Counters
	judged    stats.Histogram // the pool's sojourns at the last change of the spawn threshold
	budget    time.Duration
	supply    capacity.Supply
}

func newControl(c helix.Config) control {
	return control{next: capacity.BusyTick, nextAdapt: capacity.AdaptEvery, budget: time.Duration(c.CPUP95BudgetMS) * time.Millisecond}
}

// tick is one round of the live control loop: pressure from the counters, and now and
// then the spawn threshold.
func (r *run) tick() {
	c, config := &r.control, &r.options.Config
	counters := r.recorder.Counters()
	busy := counters != c.last
	c.last = counters
	seen := r.tracker.Update(r.now, pressure.Inputs{
		Busy: r.pool.busy, Width: r.pool.effective(), Queued: r.pool.queued, QueueCap: r.pool.cap,
		Submitted: counters.Submitted(), Shed: counters.Of(route.Shed),
		Completed: counters.Ran, SojournSum: counters.Sojourn, LatencyBudget: c.budget,
	})
	r.signals.Pressure, r.signals.External = seen.Score, seen.External
	if r.brain != nil && r.brain.Due(r.now, counters.Submitted()) {
		r.think()
	}
	r.result.pressure(seen.Score)
	if r.now >= c.nextAdapt {
		c.nextAdapt = r.now + capacity.AdaptEvery
		r.adapt(config)
	}
	c.next = r.now + capacity.IdleTick
	if busy {
		c.next = r.now + capacity.BusyTick
	}
}

// think lets the brain write a new book.
func (r *run) think() {
	old := r.policy.(*policy.Adaptive)
	cores := r.control.supply.Next(r.now, r.pool.share.Done()+r.brain.Inline(), !r.pool.waits.Empty(), r.pool.share.Cores)
	r.brain.Rewards(&r.control.last)
	next := &policy.Adaptive{Table: old.Table, Book: r.brain.Tick(r.now, &r.pool.waits, cores, r.pool.lanes)}
	next.Book.BatchSize = r.pool.batchSize
	r.pool.plans = next.Book.Batches
	r.policy = next
	if r.options.Config.Learner != learn.Off.String() {
		r.learning = next
	}
}

// adapt moves the spawn threshold.
func (r *run) adapt(config *helix.Config) {
	all := r.recorder.Sojourns(route.CPUPool)
	since := *all
	since.Sub(&r.control.judged)
	r.signals.SpawnThreshold = capacity.SpawnThreshold{
		Base: config.SpawnThreshold, Step: config.AdaptiveStep,
		Budget: r.control.budget, Factor: config.AdaptiveP95ThresholdFactor,
	}.Next(r.signals.SpawnThreshold, since.Count(), since.Quantile(0.95))
	if since.Count() >= capacity.MinSamples {
		r.control.judged = *all
	}
}
