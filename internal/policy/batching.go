package policy

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// Batching is what decisions and slots read of the batches of one kind. It is immutable. The zero
// Batching knows nothing, and leaves it to the table which jobs are batched.
type Batching struct {
	Curve  estimate.BatchCurve
	Mode   BatchMode
	Scarce bool // more comes than the cores can do
}

// BatchMode is what becomes of the jobs of a kind that can be batched.
type BatchMode uint8

// The modes.
const (
	BatchAsked BatchMode = iota // too few batches have run: as the table says
	BatchOn                     // batches save enough: while cores are scarce all jobs are batched
	BatchOff                    // they do not: none is
	BatchTrial                  // all jobs, for a moment, to see whether they do by now
)

// leastGain is the share of the core time that batches of a kind must save for it to be batched. Below, what
// a job waits for the others of its batch to end is worth more.
const leastGain = 0.1

// Pays reports whether batches of the sizes that occur save enough, and whether that is known.
func Pays(c *estimate.BatchCurve) (pays, known bool) {
	return c.Gain(c.Typical) >= leastGain, c.Known()
}

// Waiting is a job that waits for a batch.
type Waiting struct {
	Slack time.Duration // until it is late; Endless = it has no deadline
	Alone time.Duration // predicted core time by itself; 0 = unknown
}

// Endless is the slack of a job without a deadline.
const Endless = time.Duration(math.MaxInt64)

// Size is how many of the jobs that wait, oldest first, the next batch takes, of at most most, and how many
// of the oldest it passes over: as many as end inside the tightest budget among them, 99 times of 100, and
// one in any case. Where more comes than can be done, a batch is not kept small for jobs that are nearly late:
// they are passed over if that makes room for more.
func (b *Batching) Size(waiting []Waiting, most int) (skip, size int) {
	if b.Mode != BatchAsked || b.Curve.Known() {
		most = min(most, b.Curve.Reach())
	}
	if b.Curve.Known() {
		size = b.fill(waiting, most)
	} else {
		return 0, min(len(waiting), most)
	}
	for next := 1; b.Scarce && next <= mostPassed && next+size < len(waiting) && size < most; next++ {
		if n := b.fill(waiting[next:], most); n > size {
			skip, size = next, n
		}
	}
	return skip, size
}

// mostPassed bounds how many jobs are passed over for one batch, and with it the time that the pool's lock is held for
// it: 16 looks at a batch of 8 take a few microseconds.
const mostPassed = 16

// fill is how many of the first jobs end inside the tightest budget among them.
func (b *Batching) fill(waiting []Waiting, most int) (size int) {
	alone, tight := time.Duration(0), Endless
	for size < min(len(waiting), most) {
		w := &waiting[size]
		tight = min(tight, w.Slack)
		alone += b.alone(w)
		if size > 0 && b.Curve.High(alone) > tight {
			break
		}
		size++
	}
	return size
}

func (b *Batching) alone(w *Waiting) time.Duration {
	if w.Alone > 0 {
		return w.Alone
	}
	return time.Duration(b.Curve.Single)
}

// Time is how long a batch is expected to run whose jobs would take alone one by one.
func (b *Batching) Time(alone time.Duration) time.Duration {
	if !b.Curve.Known() {
		return alone
	}
	return b.Curve.Time(alone)
}

// Forming is a batch that has not started.
type Forming struct {
	Jobs   int
	First  time.Duration // predicted core time of the oldest, as a part of a batch
	Oldest time.Duration // router clock: when it came
	Due    time.Duration // router clock: when the tightest is late; Endless = never
	Latest time.Duration // router clock: when the first must have begun; Endless = any time
	Most   int           // most jobs in a batch
	Delay  time.Duration // the longest that a batch may be held for company
}

// holdGrain is how much sooner a hold ends than it would have to, as its end may be noticed
// that much too late.
const holdGrain = time.Millisecond

// Until is the end of a batch's hold for company, on the router's clock: when its oldest job has waited for Delay, or when the
// tightest would be late if the batch, with one job more, started later. 0 is no hold.
func (b *Batching) Until(f *Forming) time.Duration {
	if most := min(f.Most, b.Curve.Reach()); !b.Curve.Known() || f.Jobs >= most {
		return 0
	}
	until := f.Oldest + f.Delay
	if f.Latest != Endless {
		until = min(until, f.Latest-holdGrain)
	}
	if f.Due != Endless {
		until = min(until, f.Due-holdGrain-b.Curve.High(time.Duration(float64(f.Jobs+1)*b.Curve.Single)))
	}
	return until
}

// Lane is the size by which a batch has to find a lane. While it is held that is the size of the largest that there
// can be: it starts at once where a lane is free, and waits for what runs of its like where none is. By its own
// size a lone job would start beside the large batches, as what is much smaller does, and
// no batch would ever grow.
func (b *Batching) Lane(now time.Duration, f *Forming) time.Duration {
	if !b.Curve.Known() {
		return f.First
	}
	jobs := min(f.Jobs, f.Most)
	if now < b.Until(f) {
		jobs = min(f.Most, b.Curve.Reach())
	}
	return b.Curve.Time(time.Duration(b.Curve.Single * float64(max(jobs, 1))))
}

// usualShare is the share of its budget that a job's batch may run for: it may just have missed the
// one before (Nexus, SOSP 2019).
const usualShare = 2

// mayJoin reports whether a job can be batched at all, and there is something to learn of it.
func (a *Adaptive) mayJoin(who route.Subject) bool {
	return int(who.Kind) < len(a.Book.Batches) && who.Allowed.Has(route.Batch)
}

// least is how long a job runs at least, once it has started.
func (c *question) least() time.Duration {
	if c.lone > 0 {
		return c.lone
	}
	return c.run
}

// join decides whether a job that can be batched is to be, and returns who asks with the arms that are left. If it
// is, it counts with its part of a batch as large as they get when work is scarce.
func (a *Adaptive) join(c *question, req route.Request, who route.Subject, sig *route.Signals) route.Subject {
	b := &a.Book.Batches[who.Kind]
	if b.Mode == BatchAsked {
		if s, _ := a.table(c, req, who, sig); s != route.Batch {
			return who
		}
	}
	n := float64(min(max(a.Book.BatchSize, 1), b.Curve.Reach()))
	known := b.Curve.Known()
	if c.free && b.Mode != BatchOff { // nobody waits whose company it could have: as the table says
		return who
	}
	if known && req.Budget > 0 {
		n = min(n, math.Floor(b.Curve.Fits(req.Budget/usualShare, c.mean)))
	}
	if b.Mode == BatchOff || n < 2 { // it saves nothing, or there is no time for company
		who.Allowed = who.Allowed.Without(route.Batch)
		return who
	}
	c.together, c.alone = true, c.mean
	if !known {
		return who
	}
	c.mean = max(b.Curve.PerJob(n, c.mean), 1)
	c.cell = admission.CellOf(who.Class, stats.Log2(float64(c.mean)))
	c.run = a.Book.Door.Run(c.cell, b.Curve.Time(time.Duration(n*float64(c.alone))))
	c.lone = a.Book.Door.Run(c.cell, b.Curve.Time(c.alone))
	return who
}
