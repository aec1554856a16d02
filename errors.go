package helix

import (
	"errors"
	"fmt"

	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/route"
)

// RunError is a job's own error, with what failed.
type RunError struct {
	Kind     string
	Strategy Strategy
	Err      error // what the job returned
}

// Error names the kind and the strategy before the job's own words.
func (e *RunError) Error() string { return fmt.Sprintf("%s (%s): %v", e.Kind, e.Strategy, e.Err) }

// Unwrap returns the job's own error.
func (e *RunError) Unwrap() error { return e.Err }

// wrap turns the end of a job into what its caller gets.
func (r *Router) wrap(k *kind, s route.Strategy, end route.Disposition, err error) error {
	switch end {
	case route.Failed:
		return &RunError{Kind: k.name, Strategy: s, Err: err}
	case route.Shed: // while it waited
		return r.view.Load().refusals.pick(route.ReasonDisplaced)
	}
	return err
}

// CloseError reports the work that outlived Close.
type CloseError struct {
	Leftovers []AbandonedJob // their callers have been told ErrClosed
	OnCallers int            // pool jobs that run on their callers' own goroutines, who cannot be told
}

// Error names the numbers and what to do.
func (e *CloseError) Error() string {
	return fmt.Sprintf("router closed with %d job(s) still running: they ignore their context and hold their goroutines until they return; let their functions check ctx", len(e.Leftovers)+e.OnCallers)
}

// closeError puts names to what the executor reports by number.
func (r *Router) closeError(err error) error {
	var left *exec.LeftoverError
	if errors.As(err, &left) {
		return &CloseError{Leftovers: r.named(left.Jobs), OnCallers: left.OnCallers}
	}
	return err
}

func (r *Router) named(tasks []exec.AbandonedTask) []AbandonedJob {
	jobs := make([]AbandonedJob, len(tasks))
	for i, t := range tasks {
		jobs[i] = AbandonedJob{Kind: r.kinds.name(t.Kind), Strategy: t.Strategy, Running: t.Running}
	}
	return jobs
}

// UnknownKindError says that no kind of a name takes job records.
type UnknownKindError struct {
	Kind  string
	Known []string // the kinds that would do
}

// Error names the kind and the ones that would do.
func (e *UnknownKindError) Error() string {
	return fmt.Sprintf("kind %q takes no job records: register it, or use one of %q", e.Kind, e.Known)
}
