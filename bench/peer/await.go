package peer

import "context"

// task is a job in somebody else's pool: a func() that keeps its error, and a
// caller that waits for it or for the end of its context.
type task struct {
	ctx  context.Context
	run  func(context.Context) error
	done chan error // holds the one result, so that the pool never waits for the caller
}

func newTask(ctx context.Context, run func(context.Context) error) *task {
	return &task{ctx: ctx, run: run, done: make(chan error, 1)}
}

// do is what the pool calls. A job whose caller has left is skipped.
func (t *task) do() {
	if err := t.ctx.Err(); err != nil {
		t.done <- err
		return
	}
	t.done <- t.run(t.ctx)
}

func (t *task) await() error {
	select {
	case err := <-t.done:
		return err
	case <-t.ctx.Done():
		return t.ctx.Err()
	}
}
