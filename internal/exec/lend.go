package exec

import (
	"context"
	"time"

	"github.com/helixrouter/helix/route"
)

// A job that submits another one and waits for it must not wait for a slot while
// it holds one: all slots could be held by jobs that wait. So the parent lends its
// slot, to one child at a time: children that a job starts on goroutines of its own
// take turns, or a free slot where there is one, and the pool's width holds. A
// child has a turn of its own to lend on, so that nesting is as deep as it likes.

// Loan is the right to run one child now.
type Loan struct {
	executor *Executor
	lender   *slotContext // nil: a free slot of the pool, or nobody's
	slot     bool         // a free slot of the pool
	turn     Turn         // of that slot
}

// Borrow waits for the right to run a job that was submitted with ctx, from
// inside another one, until ctx ends or the deadline passes. The loan must be returned.
func (x *Executor) Borrow(ctx context.Context, deadline time.Duration) (Loan, route.Disposition, error) {
	lender := x.lender(ctx)
	if lender == nil { // inside a spawned job, which has a goroutine and no slot
		return Loan{executor: x}, route.Done, nil
	}
	turn := lender.lend()
	select {
	case turn <- struct{}{}:
		return Loan{executor: x, lender: lender}, route.Done, nil
	default:
	}
	if turn, ok := x.Pool.TryTake(Size{Child: true}); ok {
		return Loan{executor: x, slot: true, turn: turn}, route.Done, nil
	}
	var late <-chan time.Time
	if deadline != 0 {
		timer := time.NewTimer(deadline - x.Now())
		defer timer.Stop()
		late = timer.C
	}
	select {
	case turn <- struct{}{}:
		return Loan{executor: x, lender: lender}, route.Done, nil
	case <-ctx.Done():
		return Loan{}, route.Canceled, ctx.Err()
	case <-late:
		return Loan{}, route.Expired, route.ErrExpired
	}
}

// Context is the child's, with a turn of its own to lend on.
func (l Loan) Context(ctx context.Context) context.Context {
	return &slotContext{Context: ctx, executor: l.executor, holds: l.slot || l.lender != nil}
}

// Return ends the loan.
func (l Loan) Return() {
	switch {
	case l.slot:
		l.executor.Pool.Served(l.turn)
		l.executor.Pool.Release()
	case l.lender != nil:
		<-l.lender.lend()
	}
}

// lend returns the channel that holds one child at a time, made at first need.
func (c *slotContext) lend() chan struct{} {
	if turn := c.turn.Load(); turn != nil {
		return *turn
	}
	turn := make(chan struct{}, 1)
	if c.turn.CompareAndSwap(nil, &turn) {
		return turn
	}
	return *c.turn.Load()
}
