package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/helixrouter/helix"
)

// drain ends the daemon in order: not ready, no more startup jobs, no more
// requests, then the router. What takes longer than the drain timeout is left
// behind; a second signal leaves everything.
func (d *daemon) drain(why string, work <-chan outcome) error {
	d.log.Info("draining: send a second signal to stop at once",
		slog.String("why", why), slog.String("timeout", d.settings.drainTimeout.String()))
	d.api.Drain()
	close(d.stopping)
	ctx, cancel := context.WithTimeout(context.Background(), d.settings.drainTimeout)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- d.close(ctx, work) }()
	select {
	case err := <-closed:
		return err
	case s := <-d.signals:
		return exitf(exitFailure, "stopped at once by a second signal (%v): %d jobs were in flight", s, d.router.Stats().Ledger.InFlight)
	}
}

// close ends requests before the router, so that those that were accepted still
// get their jobs' results.
func (d *daemon) close(ctx context.Context, work <-chan outcome) error {
	if err := d.server.Shutdown(ctx); err != nil {
		d.log.Warn("connections were cut: they were open at the end of the drain timeout", slog.Any("error", err))
		err = d.server.Close()
		d.log.Debug("the server is closed", slog.Any("error", err))
	}
	if err := d.api.Close(ctx); err != nil {
		d.log.Warn("the API did not end in time", slog.Any("error", err))
	}
	work = d.reportUntil(ctx, work) // before Close, which would cancel the job that comes next
	err := d.router.Close(ctx)
	grace, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	d.reportUntil(grace, work) // a job that ignores its context has no end to wait for
	if err != nil {
		return d.leftovers(err)
	}
	end := d.router.Stats().Ledger
	d.log.Info("drained", slog.Uint64("submitted", end.Submitted), slog.Uint64("done", end.Done), slog.Uint64("shed", end.Shed),
		slog.Uint64("expired", end.Expired), slog.Uint64("failed", end.Failed+end.Panicked), slog.Uint64("canceled", end.Canceled))
	return nil
}

// reportUntil prints the outcome of a startup workload that the drain cut short, if
// it comes before ctx ends. It returns what is still to come: nil or work.
func (d *daemon) reportUntil(ctx context.Context, work <-chan outcome) <-chan outcome {
	if work == nil {
		return nil
	}
	select {
	case o := <-work:
		d.report(o)
		return nil
	case <-ctx.Done():
		return work
	}
}

// leftovers lists the work that outlived the drain.
func (d *daemon) leftovers(err error) error {
	var left *helix.CloseError
	if !errors.As(err, &left) {
		return exitf(exitFailure, "the router did not close: %w", err)
	}
	var list strings.Builder
	for _, job := range left.Leftovers {
		fmt.Fprintf(&list, "\n  %s on %s, running for %v", job.Kind, job.Strategy, job.Running.Round(time.Millisecond))
	}
	if left.OnCallers > 0 {
		fmt.Fprintf(&list, "\n  %d that run on their callers' goroutines", left.OnCallers)
	}
	return exitf(exitLeftovers, "%d jobs outlived the drain timeout of %v:%s",
		len(left.Leftovers)+left.OnCallers, d.settings.drainTimeout, list.String())
}
