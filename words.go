package helix

import "github.com/helixrouter/helix/route"

// The words of package route, under the names that users import.
type (
	// Strategy is one way to treat a job.
	Strategy = route.Strategy
	// Class says how much a job matters when not everything can run.
	Class = route.Class
	// Reason says in one word why a job went where it went.
	Reason = route.Reason
	// Disposition is how a job ended.
	Disposition = route.Disposition
	// ShedError says that a job was refused, why, and when to come back.
	ShedError = route.ShedError
	// Source says who made a decision.
	Source = route.Source
	// PanicError is what the caller of a job that panicked gets.
	PanicError = route.PanicError
)

// Result is what became of one input of a batch.
type Result[T any] = route.Result[T]

// The strategies.
const (
	Inline  = route.Inline
	Spawn   = route.Spawn
	CPUPool = route.CPUPool
	Batch   = route.Batch
	Drop    = route.Drop
	Remote  = route.Remote
)

// The classes.
const (
	ClassDefault      = route.ClassDefault
	ClassSheddable    = route.ClassSheddable
	ClassCritical     = route.ClassCritical
	ClassCriticalPlus = route.ClassCriticalPlus
)

// The dispositions.
const (
	Done     = route.Done
	Failed   = route.Failed
	Panicked = route.Panicked
	Canceled = route.Canceled
	Expired  = route.Expired
	Shed     = route.Shed
)

// The sentinel errors; see the typed ones for what they carry.
var (
	// ErrShed is matched by every refusal of the router: errors.Is(err, helix.ErrShed).
	ErrShed = route.ErrShed
	// ErrExpired means that the budget or deadline passed before the job could start.
	ErrExpired = route.ErrExpired
	// ErrClosed means that the router is closed, or was closed before the job could run.
	ErrClosed = route.ErrClosed
)
