package helix

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/internal/capacity"
	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/pressure"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

const (
	// samplesPerTick bounds the decisions recorded when nobody subscribes: 12,800 a
	// second at some 150 ns, and 650 ns for the account of what led to one, are 1 % of a core.
	samplesPerTick = 128

	// watchedRate bounds the decisions a second that are recorded for watchers: at some
	// 1.4 us each, account included, 4 % of a core. Twice as many would show in the time of a
	// submit, and nobody reads even these.
	watchedRate = 25_600
	// watchedBurst is what they may spend at once: a burst of thousands of jobs is seen whole.
	watchedBurst = 8192
)

// control is the router's one goroutine of its own: it publishes the slow part of
// what decisions read. It starts with the first job and ends with Close.
type control struct {
	router  *Router
	running atomic.Bool  // read by every job; written with mu held
	samples atomic.Int32 // decisions that may still be recorded in this tick
	watched atomic.Int32 // decisions that may still be recorded for watchers

	mu   sync.Mutex
	quit chan struct{} // closed to ask the loop to end; guarded by mu
	done chan struct{} // closed when it has ended; nil when it never ran; guarded by mu

	// Owned by the loop and by measureLocked, both with router.mu held.
	last   feedback.Counters
	drain  capacity.Drain // for RetryAfter
	scarce capacity.Spell // in which the door refuses jobs; for RetryAfter
	books  imbalance

	standing feedback.Standing
	supply   capacity.Supply
}

func (c *control) init(r *Router) {
	c.router = r
	c.quit = make(chan struct{})
	c.samples.Store(samplesPerTick)
	c.watched.Store(watchedBurst)
}

func (c *control) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running.Swap(true) {
		return
	}
	select {
	case <-c.quit: // closed before the first job
	default:
		c.done = make(chan struct{})
		go c.loop(c.done)
	}
}

func (c *control) stop() {
	c.mu.Lock()
	select {
	case <-c.quit:
	default:
		close(c.quit)
	}
	done := c.done
	c.mu.Unlock() // the loop may wait for router.mu, whose holder may be about to call start
	if done != nil {
		<-done
	}
}

// sample takes one from the budget of recorded decisions. When it is spent, the
// price is one load of a line that nobody writes.
func (c *control) sample() bool { return c.samples.Load() > 0 && c.samples.Add(-1) >= 0 }

// watch takes one from the budget of what watchers see.
func (c *control) watch() bool { return c.watched.Load() > 0 && c.watched.Add(-1) >= 0 }

// refill gives back what the time since the last tick earns.
func (c *control) refill(elapsed time.Duration) {
	c.samples.Store(samplesPerTick)
	earned := watchedRate * min(elapsed, time.Second) / time.Second
	c.watched.Store(min(max(c.watched.Load(), 0)+int32(earned), watchedBurst))
}

func (c *control) loop(done chan struct{}) {
	defer close(done)
	r := c.router
	timer := time.NewTimer(capacity.BusyTick)
	defer timer.Stop()
	last := r.exec.Now()
	nextAdapt := last + capacity.AdaptEvery
	for {
		select {
		case <-c.quit:
			return
		case <-timer.C:
		}
		now := r.exec.Now()
		c.refill(now - last)
		last = now
		busy := r.measure()
		if now >= nextAdapt {
			nextAdapt = now + capacity.AdaptEvery
			r.AdaptTick(time.Time{})
		}
		if busy {
			timer.Reset(capacity.BusyTick)
		} else {
			timer.Reset(capacity.IdleTick)
		}
	}
}

// measure is one tick: it reads the counters, publishes what decisions read, and
// reports whether anything has happened since the last.
func (r *Router) measure() (busy bool) {
	r.recorder.Fold()
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &r.control
	last := c.last
	r.measureLocked()
	c.books.look(r.exec.Now(), r.difference())
	return c.last != last
}

// measureLocked turns the counters into pressure and RetryAfter.
func (r *Router) measureLocked() {
	c := &r.control
	now, counters := r.exec.Now(), r.recorder.Counters()
	config := r.Config()
	busy, queued := r.exec.Pool.Busy(), r.exec.Pool.Queued()
	r.signals = r.tracker.Update(now, pressure.Inputs{
		Busy: busy, Width: r.effective(),
		Queued: queued, QueueCap: config.CPUQueueCap,
		Submitted: counters.Submitted(), Shed: counters.Of(route.Shed),
		Completed: counters.Ran, SojournSum: counters.Sojourn,
		LatencyBudget: config.cpuP95Budget(),
		Machine:       r.machineLocked(now, queued, config),
	})
	c.drain.Observe(now, counters.Slotted, counters.SlotTime, busy+queued)
	c.last = counters
	after := c.drain.After(now, busy+queued, r.effective())
	after = max(after, min(r.tracker.FullFor(now), capacity.LongestWait))
	c.scarce.Observe(now, counters.Sheds[route.ReasonScarce]+counters.Sheds[route.ReasonOverShare])
	scarce := c.scarce.After()
	r.limitLocked(now, config)
	r.forecastLocked(now, config)
	r.publishLocked(func(v *view) {
		old := v.refusals
		if old[route.ReasonBusyGate][0].RetryAfter != after || old[route.ReasonScarce][0].RetryAfter != max(after, scarce) ||
			old[route.ReasonBusyGate][0].Pressure != r.signals.Score {
			v.refusals = newRefusals(r.signals.Score, after, scarce)
		}
		v.signals.Pressure, v.signals.External = r.signals.Score, r.signals.External
		if r.brain.Due(now, counters.Submitted()) {
			r.thinkLocked(now, v)
		}
	})
}

// machineLocked is what the machine and the queue say about pressure.
func (r *Router) machineLocked(now time.Duration, queued int, c Config) pressure.Machine {
	r.control.standing.Look(now, r.recorder, queued)
	m := r.autoscale.signals()
	m.QueueSojourn = r.control.standing.Queue().Seconds() / c.cpuP95Budget().Seconds()
	return m
}

// limitLocked gives the executors the bounds of a configuration on the machine as it is.
func (r *Router) limitLocked(now time.Duration, c Config) {
	cores, lanes := r.lookLocked(now, c)
	if limits := r.limitsOf(c, cores, lanes); limits != r.limits {
		r.limits = limits
		r.exec.SetLimits(limits)
	}
}

// mostReserved is the share of the cores that injected pressure can take away from what is
// admitted: at 1 there would be no demand that is small enough, and no way to find out.
const mostReserved = 0.99

// thinkLocked lets the adaptive policy of a view read what was learned since.
func (r *Router) thinkLocked(now time.Duration, v *view) {
	p, ok := v.policy.(*policy.Adaptive)
	if !ok {
		v.learning, v.draws = nil, false
		r.followLocked(nil)
		r.brain.Unrewarded(&r.control.last)
		return
	}
	queued := r.exec.Pool.Queued()
	waits, done := r.exec.Pool.Waiting()
	cores := r.control.supply.Next(now, done+r.brain.Inline(), !waits.Empty(), r.limits.Cores)
	r.brain.SetTenantFloor(v.config.TenantFloor)
	next := *p
	r.brain.Rewards(&r.control.last)
	next.Book = r.brain.Tick(now, &waits, cores*(1-min(v.signals.External, mostReserved)), r.limits.Lanes)
	r.tenants.sweep(now, r.brain)
	r.meanService.Store(int64(r.brain.MeanService()))
	next.Book.Overheads = r.control.standing.Overheads()
	next.Book.BatchSize, next.Book.Queued = v.config.BatchMaxSize, queued
	r.followLocked(next.Book.Batches)
	v.policy, v.learning, v.draws = &next, nil, next.Book.Weights.Acting
	if v.config.Learner != learn.Off.String() {
		v.learning = &next
	}
}

// adaptiveThreshold is the live spawn threshold and what it was last judged on.
type adaptiveThreshold struct {
	value  uint64          // cost units
	judged stats.Histogram // the pool's sojourns at the last change
}

// AdaptTick moves the adaptive spawn threshold by one step if the pool's p95
// since the last change asks for it, and returns it. The router does so by itself
// every 10 s; this is for tests. It needs at least 10 pool jobs to judge by.
func (r *Router) AdaptTick(time.Time) uint64 {
	r.mu.Lock()
	from, since := r.adaptive.value, r.adaptLocked()
	to := r.adaptive.value
	r.mu.Unlock()
	if to != from {
		r.log.Info("spawn threshold adapted", slog.Uint64("from", from), slog.Uint64("to", to),
			slog.Float64("p95_seconds", since.Quantile(0.95).Seconds()), slog.Uint64("samples", since.Count()))
	}
	return to
}

// adaptLocked returns the samples that it judged by.
func (r *Router) adaptLocked() *stats.Histogram {
	config := r.Config()
	all := r.recorder.Sojourns(route.CPUPool)
	since := *all
	since.Sub(&r.adaptive.judged)
	next := capacity.SpawnThreshold{
		Base:   config.SpawnThreshold,
		Step:   config.AdaptiveStep,
		Budget: config.cpuP95Budget(),
		Factor: config.AdaptiveP95ThresholdFactor,
	}.Next(r.adaptive.value, since.Count(), since.Quantile(0.95))
	if since.Count() >= capacity.MinSamples {
		r.adaptive.judged = *all
	}
	if next != r.adaptive.value {
		r.adaptive.value = next
		r.publishLocked(func(*view) {})
	}
	return &since
}
