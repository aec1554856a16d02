package peer

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// Semaphore is a bounded FIFO before a weighted semaphore.
type Semaphore struct {
	slots   *semaphore.Weighted
	waiting atomic.Int64
}

// NewSemaphore returns one with a number of slots.
func NewSemaphore(cores int) *Semaphore {
	return &Semaphore{slots: semaphore.NewWeighted(int64(cores))}
}

// Name implements loadgen.Subject.
func (*Semaphore) Name() string { return "semaphore" }

// Do implements loadgen.Subject.
func (s *Semaphore) Do(ctx context.Context, _ scenario.Job, run func(context.Context) error) error {
	if !s.slots.TryAcquire(1) {
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
	defer s.slots.Release(1)
	return run(ctx)
}

func (s *Semaphore) wait(ctx context.Context) error {
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > queueCap {
		return route.ErrShed
	}
	return s.slots.Acquire(ctx, 1)
}

// Close implements loadgen.Subject.
func (*Semaphore) Close() {}
