package peer

import (
	"context"
	"sync"
	"time"

	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// queue is the order in which what waits gets a slot. It is called with a lock held.
type queue interface {
	// push takes a job, or refuses it.
	push(*waiter) bool
	// pop returns the next job that shall run, and settles those that shall not.
	pop(now time.Time) *waiter
}

// waiter is a job that waits.
type waiter struct {
	ctx   context.Context
	since time.Time
	due   time.Time  // zero if there is none
	slot  chan error // gets nil with a slot, or why there is none
	gone  bool       // its caller has left
}

// Slots runs at most so many jobs at once and lets the others wait in a queue.
type Slots struct {
	name string

	mu    sync.Mutex
	free  int   // guarded by mu; while some are free, nothing waits
	queue queue // guarded by mu
}

// NewSlots returns slots with a queue.
func NewSlots(name string, cores int, q queue) *Slots {
	return &Slots{name: name, free: cores, queue: q}
}

// Name implements loadgen.Subject.
func (s *Slots) Name() string { return s.name }

// Do implements loadgen.Subject.
func (s *Slots) Do(ctx context.Context, _ scenario.Job, run func(context.Context) error) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	return run(ctx)
}

func (s *Slots) acquire(ctx context.Context) error {
	w := &waiter{ctx: ctx, since: time.Now(), slot: make(chan error, 1)}
	w.due, _ = ctx.Deadline()
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return nil
	}
	taken := s.queue.push(w)
	s.mu.Unlock()
	if !taken {
		return route.ErrShed
	}
	select {
	case err := <-w.slot:
		return err
	case <-ctx.Done():
		return s.leave(w)
	}
}

// leave ends a wait, unless a slot came in the same moment.
func (s *Slots) leave(w *waiter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.gone = true
	select {
	case err := <-w.slot:
		if err == nil {
			s.releaseLocked()
		}
	default:
	}
	return w.ctx.Err()
}

func (s *Slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.releaseLocked()
}

func (s *Slots) releaseLocked() {
	if w := s.queue.pop(time.Now()); w != nil {
		w.slot <- nil
		return
	}
	s.free++
}

// Close implements loadgen.Subject.
func (*Slots) Close() {}
