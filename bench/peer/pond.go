package peer

import (
	"context"
	"errors"

	"github.com/alitto/pond/v2"

	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// Pond is github.com/alitto/pond.
type Pond struct{ pool pond.Pool }

// NewPond returns a pool with a bounded queue that refuses when it is full.
func NewPond(cores int) *Pond {
	return &Pond{pond.NewPool(cores, pond.WithQueueSize(queueCap), pond.WithNonBlocking(true))}
}

// Name implements loadgen.Subject.
func (*Pond) Name() string { return "pond" }

// Do implements loadgen.Subject.
func (p *Pond) Do(ctx context.Context, _ scenario.Job, run func(context.Context) error) error {
	t := newTask(ctx, run)
	if err := p.pool.Go(t.do); errors.Is(err, pond.ErrQueueFull) {
		return route.ErrShed
	} else if err != nil {
		return err
	}
	return t.await()
}

// Close implements loadgen.Subject.
func (p *Pond) Close() { p.pool.StopAndWait() }
