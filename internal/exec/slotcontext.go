package exec

import "context"

// slotContext is what a job on a pool slot sees as its context: its caller's,
// marked so that a submit from inside the job is known to hold a slot already.
// A caller's context that can never end is replaced by the executor's, which
// ends when Close gives up waiting.
type slotContext struct {
	context.Context
	executor *Executor
	holds    bool // the job runs on a slot of executor
}

type slotKey struct{}

// Value answers the slot mark and falls back to the executor's own context, so
// that the standard library finds the parent of a derived context without a goroutine.
func (c *slotContext) Value(key any) any {
	if c.holds && key == (slotKey{}) {
		return c.executor
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

// HoldsSlot reports whether ctx comes from a job that runs on one of x's slots,
// directly or through jobs that it spawned and may be waiting for.
func (x *Executor) HoldsSlot(ctx context.Context) bool {
	holder, _ := ctx.Value(slotKey{}).(*Executor)
	return holder == x
}
