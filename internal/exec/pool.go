package exec

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/capacity"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// Pool runs tasks and batches on a bounded number of slots, and keeps a bounded
// number of them waiting. A slot has a goroutine only while it has work: an idle
// pool has none.
//
// Slots are work-conserving: a slot is free only when nothing waits that may start.
// Everything may, unless there are lanes (cores.go). What waits is taken in order of
// rank; where batches come in that order is in next.go.
type Pool struct {
	executor *Executor
	busy     atomic.Int32 // slots taken; written with mu held, read without
	queued   atomic.Int32 // tasks waiting, in the queue and in formers; written with mu held, read without
	room     room         // the bounds of both; written with mu held, read without

	mu       sync.Mutex
	limits   Limits                 // guarded by mu
	queue    line                   // single tasks that wait; guarded by mu
	children int                    // that wait, see Size.Child; guarded by mu
	tickets  uint64                 // of the last task that waited; guarded by mu
	waits    admission.Backlog      // predicted core time of what waits; guarded by mu
	share    capacity.Share         // of the cores, where there are lanes; guarded by mu
	forming  []*Former              // formers with tasks; guarded by mu
	scan     []policy.Waiting       // of takeBatchLocked, for use again; guarded by mu
	batched  int                    // batches picked since the last single task; guarded by mu
	lent     int                    // slots whose takers run their jobs themselves; guarded by mu
	live     list                   // single tasks on slots; guarded by mu
	batches  map[*batchRun]struct{} // batches on slots; guarded by mu
	closed   bool                   // guarded by mu
	rests    bool                   // idle is closed; guarded by mu
	idle     chan struct{}          // closed when closed, no slot is taken and nothing waits
	alarm    *time.Timer            // expires what waits too long; made at first need; guarded by mu
	alarmAt  time.Duration          // when alarm fires; 0 = not set; guarded by mu
	alarmGap time.Duration          // shortest time to the next look; guarded by mu
}

// room is the part of the limits that is read without the lock.
type room struct {
	width, queueCap, lanes atomic.Int32
	below                  [route.NumClasses]atomic.Int32 // tasks that wait, by the rank of their class
}

func newPool(x *Executor) *Pool {
	return &Pool{executor: x, idle: make(chan struct{}), batches: make(map[*batchRun]struct{})}
}

// Busy returns the number of slots taken.
func (p *Pool) Busy() int { return int(p.busy.Load()) }

// Queued returns the number of tasks that wait for a slot.
func (p *Pool) Queued() int { return int(p.queued.Load()) }

// HasRoom reports whether a task of a class would be placed now. A later Submit may still
// refuse; asking first makes most refusals cheap.
func (p *Pool) HasRoom(c route.Class, urgent bool) bool {
	most := p.room.width.Load()
	if lanes := p.room.lanes.Load(); lanes > 0 {
		most = lanes
	}
	if p.busy.Load() < most || p.queued.Load() < p.room.queueCap.Load() {
		return true
	}
	return p.displaces(c, urgent)
}

// Placement says what became of a task at the pool's door.
type Placement uint8

// The placements.
const (
	Placed Placement = iota // on a slot or in the queue
	Full                    // refused: no slot is free and the queue is at its bound
	Closed                  // refused: the pool is closed
)

// Submit puts t on a free slot or into the queue.
func (p *Pool) Submit(t *Task) Placement {
	t.home = p
	p.mu.Lock()
	switch {
	case p.closed:
		p.mu.Unlock()
		return Closed
	case p.mayStartLocked(t.Size):
		p.startLocked(t)
		p.mu.Unlock()
		return Placed
	}
	var victim *Task
	if p.fullLocked() {
		var ok bool
		if victim, ok = p.displaceLocked(t); !ok {
			p.mu.Unlock()
			return Full
		}
	}
	p.tickets++
	p.queue.push(t, p.tickets)
	p.queuedLocked(t)
	p.watchLocked(t.Deadline)
	p.mu.Unlock()
	if victim != nil {
		p.executor.displaced(victim)
	}
	return Placed
}

// SubmitNow puts t on a free slot or refuses it; it never queues.
func (p *Pool) SubmitNow(t *Task) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || !p.mayStartLocked(t.Size) {
		return false
	}
	p.startLocked(t)
	return true
}

func (p *Pool) startLocked(t *Task) {
	p.busy.Add(1)
	p.live.push(t)
	t.joined = p.joinLocked(t.Size.Service)
	go p.work(shift{task: t})
}

// TryTake takes a free slot for work on the caller's own goroutine, which must Release it.
func (p *Pool) TryTake(size Size) (Turn, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || !p.mayStartLocked(size) {
		return Turn{}, false
	}
	p.busy.Add(1)
	p.lent++
	return Turn{size, p.joinLocked(size.Service)}, true
}

// Served ends the account of a turn and returns the core time that it had, 0 if that
// is unknown. Call it once, before Release.
func (p *Pool) Served(t Turn) time.Duration { return p.leave(t.size.Service, t.joined) }

// Release gives a slot of TryTake back, or hands it to a worker for what waits.
func (p *Pool) Release() {
	p.mu.Lock()
	p.lent--
	s := p.nextLocked()
	p.fillLocked()
	p.mu.Unlock()
	if s.any() {
		go p.work(s)
	}
}

// yieldEvery is how long a slot runs tasks before it yields. A saturated pool of loops that
// never yield makes every other goroutine wait, measured at up to 36 ms on two cores. A
// slot that yields after each task of microseconds goes behind all that can run each
// time: with 50,000 submits a second it got through 1,000 of them.
const yieldEvery = 500 * time.Microsecond

// work keeps one slot busy until nothing waits or the pool shrinks. It yields between tasks,
// when it has run for a while, and after each batch: whose callers submit again has the next one filled.
func (p *Pool) work(s shift) {
	yielded := p.executor.Now()
	for {
		batch := s.task == nil
		s = p.run(s)
		if !s.any() {
			return
		}
		if batch || p.executor.Now()-yielded >= yieldEvery {
			runtime.Gosched()
			yielded = p.executor.Now()
		}
	}
}

// run runs one shift and returns the next of the same slot.
func (p *Pool) run(s shift) (next shift) {
	if s.task == nil {
		return p.runBatch(s)
	}
	x, t := p.executor, s.task
	ok, late := t.begin(x.Now())
	if !ok {
		p.leave(t.Size.Service, t.joined)
		next = p.changeShift(s)
		if late {
			x.expire(t, x.Now())
		}
		return next
	}
	t.enter()
	returned := false
	defer func() {
		if !returned { // the job called runtime.Goexit: another goroutine takes the slot over
			t.Work.Keep(route.Panicked, errGoexit())
			if next := p.finish(s, route.Panicked); next.any() {
				go p.work(next)
			}
		}
	}()
	end := t.Work.Run(true)
	returned = true
	return p.finish(s, end)
}

// finish ends a task that has run. The slot goes on before the caller is told,
// so that a caller that submits again at once finds it free.
func (p *Pool) finish(s shift, end route.Disposition) (next shift) {
	s.task.served = p.leave(s.task.Size.Service, s.task.joined)
	waited := p.executor.settle(s.task, end)
	next = p.changeShift(s)
	if waited {
		s.task.signal()
	}
	return next
}

func (p *Pool) changeShift(s shift) (next shift) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.task != nil {
		p.live.remove(s.task)
	} else if s.batch != nil {
		delete(p.batches, s.batch)
		s.former.ended = p.executor.Now()
		s.former.took = s.former.ended - s.batch.taken
		s.batch.served = p.leaveLocked(s.batch.service, s.batch.joined)
	}
	next = p.nextLocked()
	p.fillLocked()
	return next
}

func (p *Pool) slotFreeLocked() bool { return int(p.busy.Load()) < p.limits.Width }

func (p *Pool) fullLocked() bool { return int(p.queued.Load()) >= p.limits.QueueCap }

// setLimits makes new bounds count: added slots start on what waits, and slots
// above a smaller width end with the task that they run.
func (p *Pool) setLimits(l Limits) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limits = l
	p.share.SetCores(p.executor.Now(), l.Cores)
	p.room.lanes.Store(int32(l.Lanes))
	p.room.width.Store(int32(l.Width))
	p.room.queueCap.Store(int32(l.QueueCap))
	for p.slotFreeLocked() {
		p.busy.Add(1)
		s := p.nextLocked() // gives the slot back when nothing waits
		if !s.any() {
			return
		}
		go p.work(s)
	}
}

// unlink takes a task that its caller has left out of the queue or former that holds it.
func (p *Pool) unlink(t *Task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.line != nil || t.in != nil && t.in != &p.live {
		p.dequeueLocked(t)
		p.fillLocked() // it may have been in front of others
	}
}

func (p *Pool) queuedLocked(t *Task) {
	p.queued.Add(1)
	p.room.below[t.Class.Rank()].Add(1)
	if t.Size.Child {
		p.children++
	}
	p.waits.Add(t.Size.Cell, t.Size.Service)
}

func (p *Pool) dequeueLocked(t *Task) {
	if t.line != nil {
		t.line.remove(t)
	} else {
		t.in.remove(t)
	}
	p.queued.Add(-1)
	p.room.below[t.Class.Rank()].Add(-1)
	if f := t.former; f != nil {
		t.former = nil
		f.loosenLocked(t)
	}
	if t.Size.Child {
		p.children--
	}
	p.waits.Add(t.Size.Cell, -t.Size.Service)
	p.checkIdleLocked()
}

func (p *Pool) close() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.closed = true
		p.checkIdleLocked()
	}
	return p.idle
}

// checkIdleLocked is called when a slot is given back, when something leaves the
// queue and when the pool closes.
func (p *Pool) checkIdleLocked() {
	if p.closedAndIdleLocked() && !p.rests {
		p.rests = true
		if p.alarm != nil {
			p.alarm.Stop()
		}
		close(p.idle)
	}
}

func (p *Pool) lentSlots() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lent
}

// claimAll claims every waiting and running task for Close; see Spawner.claimAll
// for why under the lock.
func (p *Pool) claimAll() []*Task {
	p.mu.Lock()
	defer p.mu.Unlock()
	var claimed []*Task
	for t := range p.waitingLocked {
		if p.executor.claim(t) {
			claimed = append(claimed, t)
		}
	}
	for _, t := range claimed {
		p.dequeueLocked(t)
	}
	for t := range p.live.all {
		if p.executor.claim(t) {
			claimed = append(claimed, t)
		}
	}
	for b := range p.batches {
		for _, t := range b.tasks {
			if p.executor.claim(t) {
				claimed = append(claimed, t)
			}
		}
	}
	return claimed
}
