package helix

import (
	"fmt"
	"time"
)

// Hint tells the router what is known about one piece of work. The zero value is
// valid: work of unknown size, without a budget, that matters like any other.
type Hint struct {
	// Kind names the work, for measurement. Work that behaves alike should share
	// a name; the router keeps at most 64 of them and counts further ones as
	// "other". Default "func".
	Kind string
	// Cost is the declared size in the kind's own units. Default 0, not declared:
	// the threshold policy then lets the pool bound the work.
	Cost uint64
	// Scaling says how well the work amortises with others of its kind, 0..1. Default 0.
	Scaling float64
	// Budget is the time from now until the work is late. What cannot start
	// within it expires. Default 0, no budget.
	Budget time.Duration
	// Deadline is the absolute form of Budget; the earlier of both counts. Default none.
	Deadline time.Time
	// Class says how much the work matters when not everything can run. The
	// threshold policy does not look at it, nor at Tenant.
	Class Class
	// Tenant is who asks, at most 128 bytes; default nobody. While there is not enough for all, the
	// adaptive policy keeps a part of the cores for each, see Config.TenantFloor. It tells
	// 254 tenants apart at a time and takes further ones for one.
	Tenant string

	reach Reach  // of a call of a Handle; a function cannot leave
	jobID uint64 // the same
}

// HintError says which part of a Hint cannot be used. Nothing ran.
type HintError struct {
	Field   string
	Message string
}

// Error names the field and what to do.
func (e *HintError) Error() string {
	return fmt.Sprintf("invalid hint, nothing ran: %s %s", e.Field, e.Message)
}

// valid is on the path of every job, so it only tells whether to look closer.
func (h *Hint) valid() bool {
	return h.Scaling >= 0 && h.Scaling <= 1 && h.Budget >= 0 && len(h.Tenant) <= maxTenantBytes && h.Class <= ClassCriticalPlus
}

func (h *Hint) fault() error {
	switch {
	case h.Budget < 0:
		return &HintError{"Budget", fmt.Sprintf("is %v: give a positive duration, or 0 for none", h.Budget)}
	case len(h.Tenant) > maxTenantBytes:
		return &HintError{"Tenant", fmt.Sprintf("has %d bytes: at most %d are kept", len(h.Tenant), maxTenantBytes)}
	case h.Class > ClassCriticalPlus:
		return &HintError{"Class", fmt.Sprintf("is %v: use one of the Class constants", h.Class)}
	default:
		return &HintError{"Scaling", fmt.Sprintf("is %v: give a number from 0 to 1", h.Scaling)}
	}
}

// CallOption changes the hint of one call of a Handle: a Budget, Deadline, Cost,
// Scaling, Tenant, Class, JobID or Reach.
//
// The one method only marks the types; there is nothing to implement.
type CallOption interface{ CallOption() }

type (
	// Budget is the time from the call until the work is late.
	Budget time.Duration
	// Deadline is the time at which the work is late.
	Deadline time.Time
	// Cost is the declared size in the kind's own units; it overrides Kind.Units.
	Cost uint64
	// Scaling says how well the work amortises with others of its kind, 0..1.
	Scaling float64
	// Tenant is who asks.
	Tenant string
	// JobID is the caller's number of the job, for Decision.JobID; need not be unique.
	JobID uint64
	// Reach is where a job may run, and how often.
	Reach uint8
)

// Where a job of a Handle may run. Without either of them it may run on another machine, and
// be sent to a second one where no answer comes, if its kind is idempotent.
const (
	// AtMostOnce lets the job run on another machine whatever its kind is. It is sent again, or run here, only where it is
	// certain that it ran nowhere; where no answer comes its caller gets an *UndeliveredError.
	AtMostOnce Reach = 1 + iota
	// Here keeps the job on this machine.
	Here
)

// CallOption implements CallOption.
func (Budget) CallOption() {}

// CallOption implements CallOption.
func (Deadline) CallOption() {}

// CallOption implements CallOption.
func (Cost) CallOption() {}

// CallOption implements CallOption.
func (Scaling) CallOption() {}

// CallOption implements CallOption.
func (Tenant) CallOption() {}

// CallOption implements CallOption.
func (JobID) CallOption() {}

// CallOption implements CallOption.
func (Reach) CallOption() {}

// apply uses a type switch and no dynamic call, so that options stay on the
// caller's stack.
//
// It reports an option of a type that is not listed there.
func (h *Hint) apply(options []CallOption) (foreign bool) {
	for _, o := range options {
		switch o := o.(type) {
		case Budget:
			h.Budget = time.Duration(o)
		case Deadline:
			h.Deadline = time.Time(o)
		case Cost:
			h.Cost = uint64(o)
		case Scaling:
			h.Scaling = float64(o)
		case Tenant:
			h.Tenant = string(o)
		case Class:
			h.Class = o
		case JobID:
			h.jobID = uint64(o)
		case Reach:
			h.reach = o
		default:
			foreign = true
		}
	}
	return foreign
}
