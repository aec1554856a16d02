package peer

import (
	"context"
	"errors"
	"time"

	"github.com/panjf2000/ants/v2"

	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// Ants is github.com/panjf2000/ants.
type Ants struct{ pool *ants.Pool }

// NewAnts returns a pool whose callers block while it is full, up to a bound.
func NewAnts(cores int) (*Ants, error) {
	pool, err := ants.NewPool(cores, ants.WithMaxBlockingTasks(queueCap))
	return &Ants{pool}, err
}

// Name implements loadgen.Subject.
func (*Ants) Name() string { return "ants" }

// Do implements loadgen.Subject. A caller that is blocked in Submit cannot leave.
func (a *Ants) Do(ctx context.Context, _ scenario.Job, run func(context.Context) error) error {
	t := newTask(ctx, run)
	if err := a.pool.Submit(t.do); errors.Is(err, ants.ErrPoolOverload) {
		return route.ErrShed
	} else if err != nil {
		return err
	}
	return t.await()
}

// releaseTimeout is longer than any job; ReleaseTimeout waits for the workers.
const releaseTimeout = 10 * time.Second

// Close implements loadgen.Subject.
func (a *Ants) Close() { _ = a.pool.ReleaseTimeout(releaseTimeout) }
