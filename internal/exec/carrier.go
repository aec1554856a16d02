package exec

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/route"
)

// Carrier bounds and counts the jobs whose work is done by another machine. Each is
// carried by its caller's goroutine, which has nothing to do but to wait for the answer.
type Carrier struct {
	executor *Executor
	count    atomic.Int32 // under way; written with mu held, read without
	limit    atomic.Int32 // written with mu held, read without

	mu      sync.Mutex
	waiting int           // goroutines of Go; guarded by mu
	closed  bool          // guarded by mu
	gone    bool          // idle is closed; guarded by mu
	idle    chan struct{} // closed when closed and nothing is under way
}

// errUndone ends what is under way when Close gives up waiting.
var errUndone = errors.New("the router was closed")

func newCarrier(x *Executor) *Carrier {
	return &Carrier{executor: x, idle: make(chan struct{})}
}

// Live returns how many jobs are under way.
func (c *Carrier) Live() int { return int(c.count.Load()) }

// HasRoom reports whether a job could be sent now.
func (c *Carrier) HasRoom() bool { return c.count.Load() < c.limit.Load() }

// Enter takes a place for a job; it is false at the limit and when closed. Leave gives it back.
func (c *Carrier) Enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || !c.HasRoom() {
		return false
	}
	c.count.Add(1)
	return true
}

// Leave gives back what Enter took.
func (c *Carrier) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count.Add(-1)
	c.checkIdleLocked()
}

// Go runs fn, which carries a job and runs it here if it comes back, on a goroutine of its own. The
// channel is closed when it has returned; Close waits for that too.
func (c *Carrier) Go(fn func()) <-chan struct{} {
	done := make(chan struct{})
	c.mu.Lock()
	c.waiting++
	c.mu.Unlock()
	go func() {
		defer close(done)
		defer c.returned()
		fn()
	}()
	return done
}

func (c *Carrier) returned() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting--
	c.checkIdleLocked()
}

func (c *Carrier) setLimit(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit.Store(int32(n))
}

func (c *Carrier) close() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		c.checkIdleLocked()
	}
	return c.idle
}

func (c *Carrier) checkIdleLocked() {
	if c.closed && c.count.Load() == 0 && c.waiting == 0 && !c.gone {
		c.gone = true
		close(c.idle)
	}
}

// Carriage takes one job to another machine and brings back its result, and how long it ran there.
type Carriage[Out any] interface {
	Carry(ctx context.Context) (out Out, run time.Duration, err error)
	// Undelivered reports whether an error means that no result will come, and that the job
	// may be run again.
	Undelivered(err error) bool
}

// Carry has a job carried by the caller, who has taken a place with Enter, and records its end.
// delivered is false, and nothing is recorded, if the job has to run elsewhere.
func Carry[Out any, C Carriage[Out]](ctx context.Context, x *Executor, o *route.Outcome, submitted time.Duration, trace Trace, carriage C) (out Out, end route.Disposition, delivered bool, err error) {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(x.base, func() { cancel(errUndone) })()
	if trace != nil {
		inner = trace.Start(inner, x.Now())
	}
	out, run, panicked, err := protectCarriage[Out](inner, carriage)
	end, err = endOfCarriage(ctx, inner, panicked, err)
	now := x.Now()
	if trace != nil {
		trace.Return(now, end, err)
	}
	if end == route.Failed && carriage.Undelivered(err) {
		return out, end, false, err
	}
	o.Disposition, o.Wait = end, now-submitted
	if end.Ran() {
		o.Run = min(run, o.Wait)
		o.Wait -= o.Run
	}
	x.recorder.Record(o)
	if trace != nil {
		trace.End(end, Times{Wait: o.Wait, Run: o.Run}, 0)
	}
	return out, end, true, err
}

func protectCarriage[Out any, C Carriage[Out]](ctx context.Context, carriage C) (out Out, run time.Duration, panicked bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			panicked, err = true, newPanicError(v)
		}
	}()
	out, run, err = carriage.Carry(ctx)
	return out, run, false, err
}

// endOfCarriage says how a job has ended by what came back of it. ctx is its caller's, and
// inner ends with the executor too.
func endOfCarriage(ctx, inner context.Context, panicked bool, err error) (route.Disposition, error) {
	var there *route.PanicError
	switch {
	case err == nil:
		return route.Done, nil
	case panicked || errors.As(err, &there):
		return route.Panicked, err
	case errors.Is(err, route.ErrExpired):
		return route.Expired, route.ErrExpired
	case ctx.Err() != nil:
		return route.Canceled, ctx.Err()
	case context.Cause(inner) == errUndone:
		return route.Canceled, route.ErrClosed
	default:
		return route.Failed, err
	}
}
