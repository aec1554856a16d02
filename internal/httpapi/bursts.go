package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
)

// bursts runs one burst at a time: two would only measure each other.
type bursts struct {
	run func(context.Context, Burst) error
	log *slog.Logger

	ctx    context.Context // of every burst; ended by close
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool          // guarded by mu
	running chan struct{} // closed when the last burst has ended; nil before the first; guarded by mu
}

func newBursts(run func(context.Context, Burst) error, log *slog.Logger) *bursts {
	ctx, cancel := context.WithCancel(context.Background())
	return &bursts{run: run, log: log, ctx: ctx, cancel: cancel}
}

// start starts a burst, or returns the problem of why not.
func (b *bursts) start(burst Burst) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return drainingProblem()
	}
	if b.runningLocked() {
		return newProblem(http.StatusConflict, "a burst is running already: wait for its end")
	}
	done := make(chan struct{})
	b.running = done
	go func() {
		defer close(done)
		b.note(burst, b.run(b.ctx, burst))
	}()
	return nil
}

func (b *bursts) runningLocked() bool {
	if b.running == nil {
		return false
	}
	select {
	case <-b.running:
		return false
	default:
		return true
	}
}

func (b *bursts) note(burst Burst, err error) {
	about := []slog.Attr{slog.Int("jobs", burst.Jobs), slog.Float64("rate", burst.Rate), slog.Uint64("seed", burst.Seed)}
	switch {
	case err == nil:
		b.log.LogAttrs(b.ctx, slog.LevelInfo, "burst ended", about...)
	case b.ctx.Err() != nil:
		b.log.LogAttrs(b.ctx, slog.LevelInfo, "burst cancelled", about...)
	default:
		b.log.LogAttrs(b.ctx, slog.LevelWarn, "burst failed", append(about, slog.Any("error", err))...)
	}
}

// close cancels the running burst and waits for it until ctx ends.
func (b *bursts) close(ctx context.Context) error {
	b.cancel()
	b.mu.Lock()
	b.closed = true
	running := b.running
	b.mu.Unlock()
	if running == nil {
		return nil
	}
	select {
	case <-running:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
