package sim

import (
	"math/rand/v2"
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/pressure"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// run is one simulation under way.
type run struct {
	scenario *scenario.Scenario
	options  Options
	policy   route.Policy
	oracle   Oracle
	signals  route.Signals

	arriving scenario.Job // in one place, as a policy behind an interface would move each to the heap
	now      time.Duration
	order    uint64 // of the last event that needed one
	cores    cores
	pool     pool
	spawned  int
	tasks    []task
	free     int32
	expiries heap // of waiting tasks by due; an entry whose ticket is no longer its task's is void
	retries  heap // of attempts to come, by arrival
	theft    time.Duration

	kinds   map[string]uint32
	tenants map[string]uint16
	arms    []route.Set // by kind
	curves  []Curve     // by kind

	recorder *feedback.Recorder
	tracker  *pressure.Tracker
	brain    *feedback.Brain  // nil if the policy does not learn
	learning *policy.Adaptive // the policy, where it learns
	chance   *rand.PCG        // for arms that are tried
	lesson   learn.Sample     // of the decision under way, where taught
	taught   bool
	control  control
	latency  stats.Histogram
	result   Result
}

// chanceStream keeps the draws of the policy apart from those that make the jobs.
const chanceStream = 1 << 32

// Run simulates a scenario from its first arrival to the end of its last job.
func Run(s *scenario.Scenario, o Options) (Result, error) {
	if err := o.check(); err != nil {
		return Result{}, err
	}
	r := newRun(s, o)
	for j := range s.Jobs() {
		r.until(j.At)
		r.arrive(j)
	}
	r.drain()
	return r.finish(), nil
}

func newRun(s *scenario.Scenario, o Options) *run {
	c := o.Config
	r := &run{
		scenario: s, options: o, policy: o.Policy, oracle: o.Oracle,
		signals: route.Signals{SpawnThreshold: c.SpawnThreshold},
		cores:   cores{count: s.Cores(0)},
		pool: pool{
			queue: newList(), best: none, seen: none, width: c.CPUParallelism, cap: c.CPUQueueCap,
			batchSize: c.BatchMaxSize, batchDelay: time.Duration(c.BatchMaxDelayMS) * time.Millisecond,
		},
		free: none, theft: nextTheft(s, 0),
		kinds:    map[string]uint32{},
		tenants:  map[string]uint16{},
		chance:   rand.NewPCG(s.Options().Seed, chanceStream),
		recorder: feedback.NewSingleRecorder(c.EMAAlpha),
		tracker:  pressure.New(),
		control:  newControl(c),
	}
	if r.policy == nil {
		r.policy = policyOf(c)
	}
	if _, ok := r.policy.(*policy.Adaptive); ok {
		mode, _ := learn.ParseMode(c.Learner) // of a configuration that was checked
		r.brain = feedback.NewBrain(r.recorder, mode)
		r.brain.SetTenantFloor(c.TenantFloor)
		r.pool.share.Cores = s.Cores(0)
		r.pool.lanes = min(max(int(s.Cores(0)), 1), c.CPUParallelism)
		r.policy = &policy.Adaptive{Table: r.policy.(*policy.Adaptive).Table, Book: &policy.Book{Lanes: r.pool.lanes, Calm: true}}
	}
	return r
}

// until lets everything happen that happens up to a time, in order of time. What
// happens at the same instant does so in the order of the cases: ends first, as they
// make room, and arrivals after everything else.
func (r *run) until(to time.Duration) {
	for {
		end := r.after(r.cores.next())
		expiry, retry := first(r.expiries), first(r.retries)
		at := min(end, r.theft, expiry, r.control.next, retry)
		if at > to {
			break
		}
		r.advance(at)
		r.result.Events++
		switch at {
		case end:
			r.endThreads()
		case r.theft:
			r.cores.count = r.scenario.Cores(at)
			r.theft = nextTheft(r.scenario, at)
		case expiry:
			r.expireFirst()
		case r.control.next:
			r.tick()
		default:
			t := r.retries.pop().task
			r.give(t)
			r.arrive(r.tasks[t].job)
		}
	}
	r.advance(to)
}

// drain lets the rest end.
func (r *run) drain() {
	for len(r.cores.threads) > 0 || r.pool.queued > 0 || len(r.retries) > 0 {
		next := min(r.after(r.cores.next()), r.theft, first(r.expiries), first(r.retries), r.control.next)
		r.until(next)
	}
	r.until(max(r.now, r.scenario.Options().Duration))
}

func (r *run) advance(to time.Duration) {
	if to > r.now {
		r.cores.advance(to - r.now)
		r.now = to
	}
}

func (r *run) after(d time.Duration) time.Duration {
	if d >= never-r.now {
		return never
	}
	return r.now + d
}

func first(h heap) time.Duration {
	if len(h) == 0 {
		return never
	}
	return time.Duration(h[0].key)
}

func nextTheft(s *scenario.Scenario, at time.Duration) time.Duration {
	if next, ok := s.NextCores(at); ok {
		return next
	}
	return never
}
