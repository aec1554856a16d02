package loadgen

import (
	"context"
	"time"

	"github.com/helixrouter/helix/internal/scenario"
)

// Subject is what is measured: something that decides whether, when and where jobs
// run. It is safe for concurrent use.
type Subject interface {
	// Name says what it is, in one word.
	Name() string
	// Do has run called, or not, and returns when the job has ended for its caller:
	// nil when run returned nil, an error that matches route.ErrShed when it was
	// refused, route.ErrExpired or ctx's error when its time ran out. It should
	// return soon after ctx ends. It may call run once, with ctx or a child of it;
	// run may outlive Do, and is then work that nobody waits for.
	Do(ctx context.Context, job scenario.Job, run func(context.Context) error) error
	// Close ends what Do has left running and waits for it.
	Close()
}

// Work does d of work on one core and tells spent, once or piece by piece, how
// much of it is done. It returns early, with ctx's error, when ctx ends.
type Work func(ctx context.Context, d time.Duration, spent func(time.Duration)) error
