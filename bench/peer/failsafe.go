package peer

import (
	"context"
	"errors"

	"github.com/failsafe-go/failsafe-go/adaptivelimiter"

	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// Failsafe is failsafe-go's adaptive limiter, with its defaults.
type Failsafe struct {
	limiter adaptivelimiter.AdaptiveLimiter[any]
	queues  bool
}

// The factors of its documentation for a limiter that queues: up to twice the limit
// may wait, and rejection is certain at three times.
const (
	rejectFrom = 2
	rejectAll  = 3
)

// NewFailsafe returns a limiter that queues, or one that does not.
func NewFailsafe(queues bool) *Failsafe {
	if !queues {
		return &Failsafe{limiter: adaptivelimiter.NewWithDefaults[any]()}
	}
	return &Failsafe{limiter: adaptivelimiter.NewBuilder[any]().WithQueueing(rejectFrom, rejectAll).Build(), queues: true}
}

// Name implements loadgen.Subject.
func (f *Failsafe) Name() string {
	if f.queues {
		return "failsafe-queue"
	}
	return "failsafe"
}

// Do implements loadgen.Subject. What ends early must not train the limiter: its
// documentation asks for Drop then.
func (f *Failsafe) Do(ctx context.Context, _ scenario.Job, run func(context.Context) error) error {
	permit, err := f.acquire(ctx)
	if err != nil {
		return err
	}
	if err := run(ctx); err != nil {
		permit.Drop()
		return err
	}
	permit.Record()
	return nil
}

func (f *Failsafe) acquire(ctx context.Context) (adaptivelimiter.Permit, error) {
	if !f.queues {
		permit, ok := f.limiter.TryAcquirePermit()
		if !ok {
			return nil, route.ErrShed
		}
		return permit, nil
	}
	permit, err := f.limiter.AcquirePermit(ctx)
	switch {
	case errors.Is(err, adaptivelimiter.ErrExceeded):
		return nil, route.ErrShed
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err() // it says Canceled, whatever ended the context
	}
	return permit, err
}

// Close implements loadgen.Subject.
func (*Failsafe) Close() {}
