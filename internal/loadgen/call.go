package loadgen

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// ending is what became of one job, as its caller sees it.
type ending uint8

const (
	pending ending = iota
	done           // in time, or without a budget
	late           // finished after its budget, or left by its caller after it had begun
	shed
	expired // its budget ended before it began
	failed
)

// call is one job with all its attempts, which follow each other.
type call struct {
	spent atomic.Int64 // ns of core time, by run; may grow until the run's end
	end   time.Duration
	how   ending
	ran   bool // to its end, in time or not
}

// caller is one attempt at one job.
type caller struct {
	*run
	job  scenario.Job
	call *call
}

// do makes the attempt, on a goroutine of its own.
func (c *caller) do() {
	defer c.live.Add(-1)
	ctx, leave := c.context()
	defer leave()
	err := c.subject.Do(ctx, c.job, c.work)
	now := c.now()
	c.call.end, c.call.how, c.call.ran = now, c.judge(err, now), err == nil
	if c.call.how == shed {
		if next, ok := c.stream.Retry(c.job, now); ok {
			c.retries.add(next)
		}
	}
}

// context ends when the job is late, unless callers are patient.
func (c *caller) context() (context.Context, context.CancelFunc) {
	due, ok := c.job.Due()
	if !ok || c.options.Patient {
		return c.ctx, func() {}
	}
	return context.WithDeadline(c.ctx, c.start.Add(due))
}

// work is the job itself, as the subject gets it.
func (c *caller) work(ctx context.Context) error {
	c.live.Add(1)
	defer c.live.Add(-1)
	return c.options.Work(ctx, c.job.Service, func(d time.Duration) { c.call.spent.Add(int64(d)) })
}

func (c *caller) judge(err error, now time.Duration) ending {
	due, budgeted := c.job.Due()
	switch {
	case err == nil && (!budgeted || now <= due):
		return done
	case err == nil:
		return late
	case errors.Is(err, route.ErrShed):
		return shed
	case errors.Is(err, route.ErrExpired), errors.Is(err, context.DeadlineExceeded):
		if c.call.spent.Load() > 0 {
			return late
		}
		return expired
	default:
		return failed
	}
}
