package route

import (
	"errors"
	"fmt"
	"time"
)

// The sentinels that the typed errors match with errors.Is.
var (
	// ErrShed is matched by every refusal of the router. See ShedError.
	ErrShed = errors.New("shed")
	// ErrExpired means that the job's budget or deadline passed before it could
	// start. It did not run.
	ErrExpired = errors.New("expired: the budget or deadline passed before the job could start, and it did not run; give it more time or send less work")
	// ErrClosed means that the router is closed, or was closed before the job could run.
	ErrClosed = errors.New("router is closed: it takes no more work, and this job did not finish; submit to another router")
)

// ShedError says that a job was refused, why, and when to come back. It
// matches ErrShed. Values are shared between callers: read, do not write.
type ShedError struct {
	Reason     Reason        // why
	RetryAfter time.Duration // when the present backlog should be gone, jittered so that callers do not return in step; > 0
	Pressure   float64       // the router's pressure when it refused, 0..1
	Predicted  time.Duration // of an infeasible job: how long it would have taken; else 0
}

// Error names what happened, the numbers, and what to do.
func (e *ShedError) Error() string {
	if e.Predicted > 0 {
		return fmt.Sprintf("shed (%s) at pressure %.2f: %s, %v; give it more time or less to do, or retry after %v",
			e.Reason, e.Pressure, e.Reason.Explanation(), e.Predicted.Round(10*time.Microsecond), e.RetryAfter.Round(time.Millisecond))
	}
	return fmt.Sprintf("shed (%s) at pressure %.2f: %s; retry after %v",
		e.Reason, e.Pressure, e.Reason.Explanation(), e.RetryAfter.Round(time.Millisecond))
}

// Is reports whether target is ErrShed.
func (e *ShedError) Is(target error) bool { return target == ErrShed }

// PanicError is what the caller of a job that panicked gets. The process lives
// and the slot is free again.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // the stack of the goroutine that panicked, as runtime/debug.Stack prints it
}

// Error names the value; the stack is in Stack, so that a log line stays a line.
func (e *PanicError) Error() string {
	return fmt.Sprintf("job panicked: %v (see PanicError.Stack)", e.Value)
}

// Unwrap returns the panic's value when it is an error, so that errors.Is sees it.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
