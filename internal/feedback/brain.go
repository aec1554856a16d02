package feedback

import (
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// Brain learns from what the recorder has seen, and writes the Book that the adaptive
// policy decides with. Tick is for one goroutine at a time; TakeProbe is safe for concurrent use.
type Brain struct {
	recorder  *Recorder
	kinds     []learned // by kind
	demand    admission.Demand
	at        time.Duration
	learner   *learn.Learner
	work      time.Duration           // predicted core time of all arrivals
	inline    time.Duration           // run time of what ran inline
	arrived   [admission.Cells]uint64 // ns of core time since the last look, by cell
	submitted uint64                  // when the last book was due
	rewarded  Counters                // as of the last Rewards
	probes    [maxProbes]atomic.Bool  // by kind: one job may pass a door that is shut for its kind
	unknown   [maxProbes]atomic.Bool  // by kind: it waits, and nothing is known of it
	tried     [maxProbes]time.Duration
	floors    floors
	singles   [maxProbes]atomic.Bool // by kind: one job may run by itself that would be batched
	unbatched bool                   // batches are not learned
}

// maxProbes is how many kinds are probed, all that a router keeps.
const maxProbes = 256

// learned is what is known of one kind.
type learned struct {
	model  estimate.Model
	seen   time.Duration // when a job of it last ended
	credit float64       // core time that its probes may take, ns

	batching batching
}

// NewBrain returns a brain that has learned nothing.
func NewBrain(r *Recorder, mode learn.Mode) *Brain {
	return &Brain{recorder: r, learner: learn.New(mode)}
}

// SetTenantFloor changes which share of an even part of the cores each tenant is
// guaranteed, 0..1. It is for the goroutine that ticks.
func (b *Brain) SetTenantFloor(share float64) { b.floors.share = share }

// Tenant is what is known of one tenant: what it asks for and is guaranteed, in cores,
// and since the start the predicted core time that was let in and the jobs that were not.
func (b *Brain) Tenant(n uint16) Tenant {
	t := &b.floors.tenants[n]
	return Tenant{
		Demand: t.cores, Floor: b.floors.level, Over: t.over.Load(), Idle: t.cores == 0 && t.asked.Load() == 0,
		Served: time.Duration(t.served.Load()), Refused: t.refused.Load(),
	}
}

// Tenant is the account of one tenant; see Brain.Tenant.
type Tenant struct {
	Demand, Floor float64
	Over          bool
	Idle          bool // it has not asked for anything for so long that nothing is kept for it
	Served        time.Duration
	Refused       uint64
}

// ForgetTenant lets a number stand for somebody else.
func (b *Brain) ForgetTenant(n uint16) {
	t := &b.floors.tenants[n]
	t.credit.Store(0)
	t.served.Store(0)
	t.refused.Store(0)
}

// SetMode changes what the learner may do.
func (b *Brain) SetMode(m learn.Mode) { b.learner.SetMode(m) }

// Snapshot is all that the learner knows.
func (b *Brain) Snapshot() learn.Snapshot { return b.learner.Snapshot() }

// Restore replaces it.
func (b *Brain) Restore(s learn.Snapshot) error { return b.learner.Restore(s) }

// Arrived is the predicted core time of all jobs that came, since the start.
func (b *Brain) Arrived() time.Duration { return b.work }

// Inline is the run time of all jobs that ran inline, since the start.
func (b *Brain) Inline() time.Duration { return b.inline }

const (
	// floor is the share of the cores that each kind is given, in probes, while all of its jobs
	// are refused. Without it a kind that was once taken for too long would never be
	// tried again; each per cent costs up to as much of the goodput.
	floor = 0.01
	// maxLearned bounds the lessons of one look: at 200 ns each they take 50 us.
	maxLearned = 256
	// stale is how long a kind does without a job that ends before it is probed, and how long
	// the first job of a kind has to end before another one is let go first.
	stale = time.Second
)

// Tick takes in what happened since the last, and returns what decisions shall read from now on.
func (b *Brain) Tick(now time.Duration, waits *admission.Backlog, cores float64, lanes int) *policy.Book {
	for _, s := range b.recorder.drain() {
		k := b.kind(s.kind)
		k.model.Observe(s.units, s.served)
		k.batching.apart++
		k.seen = now
	}
	for _, run := range b.recorder.BatchRuns() {
		b.kind(run.Kind).observe(&run)
	}
	lessons := b.recorder.lessons()
	for _, s := range lessons[:min(len(lessons), maxLearned)] {
		b.learner.Observe(&s)
	}
	b.recorder.arrived(&b.arrived)
	b.inline += time.Duration(b.arrived[0])
	for _, work := range &b.arrived {
		b.work += time.Duration(work)
	}
	b.demand.Update(now, &b.arrived)
	book := &policy.Book{
		Door:    admission.NewDoor(cores, waits, &b.demand),
		Lanes:   lanes,
		Calm:    waits.Empty() && b.demand.Most() < cores/2,
		Weights: b.learner.Publish(),
	}
	curves := make([]estimate.Curve, len(b.kinds))
	b.introduce(now)
	b.floors.update(now, now-b.at, cores, &b.arrived)
	for i := range b.kinds {
		curves[i] = b.kinds[i].model.Curve()
		b.probe(i, now, cores)
	}
	book.Know(curves)
	b.batch(book, now, cores)
	b.at = now
	return book
}

// introduce lets one job at a time go first of each kind that waits to be known.
func (b *Brain) introduce(now time.Duration) {
	for i := range b.unknown {
		if !b.unknown[i].Load() || b.tried[i] != 0 && now-b.tried[i] < stale {
			continue
		}
		b.tried[i] = now
		b.unknown[i].Store(false)
		if i >= len(b.kinds) || b.kinds[i].model.Samples() == 0 {
			b.probes[i].Store(true)
		}
	}
}

// probe gives a kind credit, and a probe when it has enough for one.
func (b *Brain) probe(i int, now time.Duration, cores float64) {
	k := &b.kinds[i]
	if i >= maxProbes || now-k.seen < stale {
		k.credit = 0
		return
	}
	k.credit += float64(floor * cores * float64(now-b.at))
	if mean := k.model.Mean(); k.credit >= mean && mean > 0 {
		k.credit -= mean
		b.probes[i].Store(true)
	}
}

// The book is written anew after so many submits, or so much time. In fewer submits there is
// little news; in more, small jobs come and go between two books.
const (
	newsEvery = 32
	newsAfter = 50 * time.Millisecond
)

// Rewards tells the learner of the jobs that taught it nothing because nobody chose for
// them: what ran inline and what was shed. They are part of its reward all the same.
func (b *Brain) Rewards(c *Counters) {
	inline := c.Ended[route.Inline][route.Done] - b.rewarded.Ended[route.Inline][route.Done]
	b.learner.Tally(route.Inline, inline, 1)
	b.learner.Tally(route.Drop, c.Of(route.Shed)-b.rewarded.Of(route.Shed), -1)
	b.rewarded = *c
}

// Unrewarded leaves out what has ended so far: the learner was not there.
func (b *Brain) Unrewarded(c *Counters) { b.rewarded = *c }

// Due reports whether enough has happened since the last Tick to write a new book.
func (b *Brain) Due(now time.Duration, submitted uint64) bool {
	if submitted-b.submitted < newsEvery && now-b.at < newsAfter {
		return false
	}
	b.submitted = submitted
	return true
}

// Offer counts what has come, whatever becomes of it, and lets those pass that the door
// refuses for a floor of their kind, class or tenant: they go to the pool, at once.
func (b *Brain) Offer(who route.Subject, tenant uint16, d *route.Decision) {
	switch {
	case d.Strategy == route.Inline:
		return
	case d.Service == 0:
		b.first(who.Kind, d)
		return
	}
	if d.Strategy == route.Batch && d.Alone > 0 && who.Class < route.ClassCritical && b.takeSingle(who.Kind) {
		// What batches save is measured against it. It stays where it is in the order: it is one job of many.
		d.Strategy, d.Reason, d.Service, d.Alone = route.CPUPool, route.ReasonProbe, d.Alone, 0
		d.Cell = uint16(admission.CellOf(who.Class, stats.Log2(float64(d.Service))))
	}
	cell := d.Cell
	switch d.Reason {
	case route.ReasonScarce:
		switch {
		case b.TakeProbe(who.Kind):
			d.Strategy, d.Reason, d.Order = route.CPUPool, route.ReasonProbe, 0
		case b.floors.pass(who.Class, tenant, d.Service):
			d.Strategy, d.Reason, d.Order = route.CPUPool, route.ReasonFloor, 0
			cell = 0 // it goes before all others, and to them that is where it came
		case tenant != NoTenant && b.floors.tenants[tenant].over.Load():
			d.Reason = route.ReasonOverShare
		}
	case route.ReasonInfeasible:
		if b.TakeProbe(who.Kind) {
			d.Strategy, d.Reason, d.Order = route.CPUPool, route.ReasonProbe, 0
		}
	default:
		if d.Strategy != route.Drop {
			b.floors.pay(who.Class, tenant, d.Service)
		}
	}
	b.floors.count(tenant, d.Service, d.Strategy != route.Drop)
	b.recorder.Arrive(cell, d.Service)
}

// Pass lets a job that was let in, and that finds the queue full, run for the floor of its class or tenant.
func (b *Brain) Pass(who route.Subject, tenant uint16, d *route.Decision) bool {
	if d.Service == 0 || urgent(d.Reason) || !b.floors.pass(who.Class, tenant, d.Service) {
		return false
	}
	b.floors.pay(who.Class, tenant, -d.Service) // it has paid at the door
	d.Strategy, d.Reason, d.Order, d.Start = route.CPUPool, route.ReasonFloor, 0, 0
	return true
}

// TurnAway takes back what Offer has counted of a job that is not let in after all.
func (b *Brain) TurnAway(who route.Subject, tenant uint16, d *route.Decision) {
	if d.Service == 0 || d.Strategy == route.Inline || d.Strategy == route.Drop {
		return
	}
	b.floors.pay(who.Class, tenant, -d.Service)
	b.floors.turnAway(tenant, d.Service)
}

func urgent(r route.Reason) bool { return r == route.ReasonFloor || r == route.ReasonProbe }

// first lets a job of a kind that nothing is known of go before all others, now and then: in a
// flood of what is known to be short its turn would not come, and it would never be known.
func (b *Brain) first(kind uint32, d *route.Decision) {
	if d.Order == 0 || int(kind) >= maxProbes || d.Strategy == route.Drop {
		return
	}
	if b.TakeProbe(kind) {
		d.Order, d.Start = 0, 0
	} else if !b.unknown[kind].Load() {
		b.unknown[kind].Store(true)
	}
}

// TakeProbe reports whether a job that the door refuses shall pass, to keep the
// prediction of its kind true. It takes the permission.
func (b *Brain) TakeProbe(kind uint32) bool {
	return int(kind) < maxProbes && b.probes[kind].Load() && b.probes[kind].CompareAndSwap(true, false)
}

func (b *Brain) kind(n uint32) *learned {
	for int(n) >= len(b.kinds) {
		b.kinds = append(b.kinds, learned{})
	}
	return &b.kinds[n]
}

// Demand is the core time per second that arrives, refused work included, in cores.
func (b *Brain) Demand() float64 { return b.demand.Total() }

// MeanService is the predicted core time of a job that comes, on average; 0 when nothing
// has been learned.
func (b *Brain) MeanService() time.Duration {
	sum, n := 0.0, 0.0
	for i := range b.kinds {
		if m := &b.kinds[i].model; m.Samples() > 0 {
			weight := float64(m.Samples())
			sum += weight * m.Mean()
			n += weight
		}
	}
	if n == 0 {
		return 0
	}
	return time.Duration(sum / n)
}
