package exec

import (
	"time"

	"github.com/helixrouter/helix/internal/admission"
)

// Where Limits.Lanes is not 0 the pool keeps account of who shares the cores (see
// capacity.Share). A task of a known size then waits for what runs of its own size and
// below, and starts beside what is much larger: as if the larger had been interrupted.

// Size is what the router predicts of a task. The zero Size is unknown.
type Size struct {
	Service time.Duration // core time, of a batched job its part of the batch's
	Alone   time.Duration // of a batched job: core time if it ran by itself
	Units   uint64        // declared size, to learn from
	Cell    admission.Cell
	// Child marks a job that was submitted from inside another one, which may wait for it.
	// It must not wait for its parent in turn: to it, nobody is a rival.
	Child bool
}

// Turn is a slot that was taken with TryTake.
type Turn struct {
	size   Size
	joined float64
}

// mayStartLocked reports whether a task of a size would get a slot now.
func (p *Pool) mayStartLocked(size Size) bool { return p.slotFreeLocked() && p.hasLaneLocked(size) }

// hasLaneLocked is the part of it that is not about slots.
func (p *Pool) hasLaneLocked(size Size) bool {
	return p.limits.Lanes == 0 || size.Child || p.share.Rivals(size.Service) < p.limits.Lanes
}

// joinLocked is called when something starts.
func (p *Pool) joinLocked(service time.Duration) (joined float64) {
	if p.limits.Lanes == 0 {
		return -1
	}
	return p.share.Join(p.executor.Now(), service)
}

// leaveLocked is called when it ends, and returns the core time that it had, 0 if unknown.
func (p *Pool) leaveLocked(service time.Duration, joined float64) (served time.Duration) {
	if joined < 0 { // it started when no account was kept
		return 0
	}
	return p.share.Leave(p.executor.Now(), service, joined)
}

// leave is leaveLocked for who does not hold mu. The slot that goes on starts what waited for it.
func (p *Pool) leave(service time.Duration, joined float64) (served time.Duration) {
	if joined < 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.leaveLocked(service, joined)
}

// fillLocked starts what may start of what waits, beyond what the slots that end take over.
func (p *Pool) fillLocked() {
	for p.limits.Lanes > 0 && p.queued.Load() > 0 && p.slotFreeLocked() {
		p.busy.Add(1)
		s := p.nextLocked() // gives the slot back if nothing may start
		if !s.any() {
			return
		}
		go p.work(s)
	}
}

// Waiting returns the predicted core time of what waits for a slot, by cell, and that of all that
// has ended.
func (p *Pool) Waiting() (waits admission.Backlog, done time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waits, p.share.Done()
}

// beside accounts for a task that runs without a slot.
func (p *Pool) beside(t *Task) {
	t.joined = -1
	if p.room.lanes.Load() == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t.joined = p.joinLocked(t.Size.Service)
}

// besideNoMore is called when it has ended.
func (p *Pool) besideNoMore(t *Task) {
	if t.joined < 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t.served = p.leaveLocked(t.Size.Service, t.joined)
	p.fillLocked()
}

// Lanes is how many tasks of about the same size may run at a time; 0 = as many as there are slots.
func (p *Pool) Lanes() int { return int(p.room.lanes.Load()) }
