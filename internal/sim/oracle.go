package sim

import (
	"iter"
	"time"

	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// Oracle is a policy that cheats: it knows true sizes and the state of the cores, and
// rules the queue. It shows how close to the bound a router can come at all. Jobs
// that it sends to the pool wait in one queue; it cannot form batches.
type Oracle interface {
	// Decide answers for one arrival. It is held to the same bounds as a policy.
	Decide(j *scenario.Job, v View) route.Decision
	// Before reports whether a waiting job a should get a slot before b. Equals keep
	// the order of their arrival.
	Before(a, b *scenario.Job) bool
	// Turn is asked of the first in that order whenever a slot is free and something
	// has arrived or ended.
	Turn(j *scenario.Job, v View) Verdict
}

// Verdict is an oracle's answer for a waiting job.
type Verdict uint8

// The verdicts.
const (
	Start  Verdict = iota // on the free slot
	Hold                  // leave the slot free until something else happens
	Refuse                // give the job up
)

// View is what an oracle sees of the run at an instant.
type View struct{ run *run }

// Now is the virtual time.
func (v View) Now() time.Duration { return v.run.now }

// Cores is how many cores there are now.
func (v View) Cores() float64 { return v.run.cores.count }

// Running is how many jobs and batches share the cores.
func (v View) Running() int { return len(v.run.cores.threads) }

// Load is what a policy sees.
func (v View) Load() route.Load { return v.run.load() }

// Remaining yields the core time that each running job or batch still needs, in no
// order that means anything.
func (v View) Remaining() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		c := &v.run.cores
		for i := range c.threads {
			if !yield(time.Duration(c.threads[i].key - c.attained)) {
				return
			}
		}
	}
}

// Waiting yields the single jobs that wait for a slot, in order of arrival.
func (v View) Waiting() iter.Seq[*scenario.Job] {
	return func(yield func(*scenario.Job) bool) {
		r := v.run
		for t := r.pool.queue.first; t != none; t = r.tasks[t].next {
			if !yield(&r.tasks[t].job) {
				return
			}
		}
	}
}

// turn lets an oracle fill the free slots from the queue.
func (r *run) turn() {
	for r.pool.slotFree() && r.pool.queue.len > 0 {
		t := r.first()
		verdict := r.oracle.Turn(&r.tasks[t].job, View{r})
		if verdict == Hold {
			return
		}
		r.leave(t)
		if verdict == Refuse {
			r.giveUp(t)
			continue
		}
		r.pool.busy++
		r.start(t)
	}
}

// first returns the waiting task that comes before all others. It is remembered until
// it leaves, as an oracle that holds it back is asked about it at every event.
func (r *run) first() int32 {
	from, best := r.pool.seen, r.pool.best
	if best == none {
		best = r.pool.queue.first
		from = best
	}
	for t := r.tasks[from].next; t != none; t = r.tasks[t].next {
		if r.oracle.Before(&r.tasks[t].job, &r.tasks[best].job) {
			best = t
		}
	}
	r.pool.best, r.pool.seen = best, r.pool.queue.last
	return best
}

// forget is called when a task leaves the queue.
func (p *pool) forget(t int32, prev int32) {
	if t == p.best {
		p.best = none
	}
	if t == p.seen {
		p.seen = prev
	}
	if p.seen == none {
		p.best = none
	}
}
