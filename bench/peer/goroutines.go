package peer

import (
	"context"

	"github.com/helixrouter/helix/internal/scenario"
)

// Goroutines is no bound at all: what a server does that runs its work in its handlers.
type Goroutines struct{}

// Name implements loadgen.Subject.
func (Goroutines) Name() string { return "goroutines" }

// Do implements loadgen.Subject. The generator's goroutine is the job's own.
func (Goroutines) Do(ctx context.Context, _ scenario.Job, run func(context.Context) error) error {
	return run(ctx)
}

// Close implements loadgen.Subject.
func (Goroutines) Close() {}
