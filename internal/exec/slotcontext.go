package exec

import (
	"context"
	"sync/atomic"
)

// slotContext is what a job of an executor sees as its context: its caller's,
// marked so that a submit from inside the job is known for what it is. A caller's
// context that can never end is replaced by the executor's, which ends when Close
// gives up waiting. A batch has many callers and so the executor's context; marks of
// other executors do not reach through it.
type slotContext struct {
	context.Context
	executor *Executor
	holds    bool // the job runs on a slot of executor

	turn atomic.Pointer[chan struct{}] // see lend; nil until a submit from inside the job needs it
}

// slotKey finds the mark of one executor; jobs of several may be nested in each other.
type slotKey struct{ executor *Executor }

// Value answers the mark and falls back to the executor's own context, so that
// the standard library finds the parent of a derived context without a goroutine.
func (c *slotContext) Value(key any) any {
	if key == (slotKey{c.executor}) {
		return c
	}
	if v := c.Context.Value(key); v != nil || c.Context.Done() != nil {
		return v
	}
	return c.executor.base.Value(key)
}

// Done is the caller's channel, or the executor's when the caller cannot end.
func (c *slotContext) Done() <-chan struct{} {
	if done := c.Context.Done(); done != nil {
		return done
	}
	return c.executor.base.Done()
}

// Err agrees with Done.
func (c *slotContext) Err() error {
	if c.Context.Done() != nil {
		return c.Context.Err()
	}
	return c.executor.base.Err()
}

// job returns the job of x that ctx comes from, or nil.
func (x *Executor) job(ctx context.Context) *slotContext {
	c, _ := ctx.Value(slotKey{x}).(*slotContext)
	return c
}

// Within reports whether ctx comes from a job of x.
func (x *Executor) Within(ctx context.Context) bool { return x.job(ctx) != nil }

// HoldsSlot reports whether ctx comes from a job that runs on one of x's slots,
// directly or through jobs that it spawned and may be waiting for.
func (x *Executor) HoldsSlot(ctx context.Context) bool { return x.lender(ctx) != nil }

// Inside reports whether ctx comes from a job of x, and whether it holds a slot. See
// Within and HoldsSlot.
func (x *Executor) Inside(ctx context.Context) (inside, holds bool) {
	c := x.job(ctx)
	if c == nil {
		return false, false
	}
	return true, c.holds || x.lender(c.Context) != nil
}

// lender returns the nearest job around ctx that has a slot to lend, or nil.
func (x *Executor) lender(ctx context.Context) *slotContext {
	c := x.job(ctx)
	for c != nil && !c.holds {
		c = x.job(c.Context)
	}
	return c
}
