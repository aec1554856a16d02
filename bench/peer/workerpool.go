package peer

import (
	"context"

	"github.com/gammazero/workerpool"

	"github.com/helixrouter/helix/internal/scenario"
)

// Workerpool is github.com/gammazero/workerpool.
type Workerpool struct{ pool *workerpool.WorkerPool }

// NewWorkerpool returns a pool. Its queue has no bound: its documentation says that
// too much work is for the user to deal with elsewhere.
func NewWorkerpool(cores int) *Workerpool { return &Workerpool{workerpool.New(cores)} }

// Name implements loadgen.Subject.
func (*Workerpool) Name() string { return "workerpool" }

// Do implements loadgen.Subject.
func (w *Workerpool) Do(ctx context.Context, _ scenario.Job, run func(context.Context) error) error {
	t := newTask(ctx, run)
	if err := w.pool.Do(t.do); err != nil {
		return err
	}
	return t.await()
}

// Close implements loadgen.Subject.
func (w *Workerpool) Close() { w.pool.StopWait() }
