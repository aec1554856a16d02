package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"sync"

	"github.com/helixrouter/helix/workload"
)

// bursts runs one burst at a time: two would only measure each other.
type bursts struct {
	run func(context.Context, Burst) (workload.Summary, error)
	log *slog.Logger

	ctx    context.Context // of every burst; ended by stop
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool          // guarded by mu
	running chan struct{} // closed when the last burst has ended; nil before the first; guarded by mu
}

func newBursts(run func(context.Context, Burst) (workload.Summary, error), log *slog.Logger) *bursts {
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
		ends, err := b.run(b.ctx, burst)
		b.note(burst, ends, err)
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

func (b *bursts) note(burst Burst, ends workload.Summary, err error) {
	about := []slog.Attr{
		slog.Int("jobs", burst.Jobs), slog.Float64("rate", burst.Rate), slog.Uint64("seed", burst.Seed),
		slog.Int("done", ends.Completed), slog.Int("shed", ends.Shed), slog.Int("expired", ends.Expired),
		slog.Int("failed", ends.Failed+ends.Panicked), slog.Int("canceled", ends.Canceled),
	}
	if ends.FirstFailure != nil {
		about = append(about, slog.Any("first_failure", ends.FirstFailure))
	}
	switch {
	case err == nil:
		b.log.LogAttrs(b.ctx, slog.LevelInfo, "burst ended", about...)
	case b.ctx.Err() != nil:
		b.log.LogAttrs(b.ctx, slog.LevelInfo, "burst cancelled", about...)
	default:
		b.log.LogAttrs(b.ctx, slog.LevelWarn, "burst failed", append(about, slog.Any("error", err))...)
	}
}

// stop cancels the running burst, refuses further ones, and waits for nothing. It
// returns what closes when the burst has ended, nil if there never was one.
func (b *bursts) stop() <-chan struct{} {
	b.cancel()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.running
}

// close is stop, and waits for the burst until ctx ends.
func (b *bursts) close(ctx context.Context) error {
	running := b.stop()
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
