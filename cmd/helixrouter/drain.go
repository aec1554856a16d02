package main

import (
	"context"
	"log/slog"
	"time"
)

const (
	// shutdownShare of the drain timeout, but not more than shutdownMost, is kept
	// for answers to leave after the router has closed. The jobs of a whole timeout
	// are worth more than that, and writing an answer takes milliseconds.
	shutdownShare = 5
	shutdownMost  = 2 * time.Second
	// shutdownLeast is for timeouts so short that cancelling jobs has eaten them up:
	// the callers of those jobs still hear what became of them.
	shutdownLeast = 50 * time.Millisecond
)

// drain ends the daemon in order: not ready, no more startup jobs and bursts, then
// the router, while requests are still answered, then the server, then the weights.
// What takes longer than the drain timeout is left behind; a second signal leaves
// everything, the weights too.
func (d *daemon) drain(why string, work <-chan outcome) error {
	d.log.Info("draining: send a second signal to stop at once",
		slog.String("why", why), slog.Float64("timeout_seconds", d.settings.drainTimeout.Seconds()))
	d.api.Drain()
	d.reloader.close()
	close(d.stopping)
	closed := make(chan error, 1)
	go func() { closed <- d.close(time.Now().Add(d.settings.drainTimeout), work) }()
	select {
	case err := <-closed:
		return err
	case s := <-d.signals:
		return exitf(exitFailure, "stopped at once by a second signal (%v): %d jobs were in flight", s, d.router.Stats().Ledger.InFlight)
	}
}

// close ends the router before the server, so that who asks meanwhile is told to go
// elsewhere, and a client that is slow to send costs admitted jobs none of their time.
func (d *daemon) close(end time.Time, work <-chan outcome) error {
	timeout := d.settings.drainTimeout
	admitted, cancel := context.WithCancel(context.Background())
	defer cancel()
	var before uint64 // jobs canceled when the time of the admitted ones was up; written before admitted ends
	share := min(timeout/shutdownShare, shutdownMost)
	timer := time.AfterFunc(time.Until(end.Add(-share)), func() {
		before = d.router.Stats().Ledger.Canceled
		cancel()
		d.api.CancelJobs() // those that run on their requests' goroutines, which the router leaves to us
	})
	defer timer.Stop()
	d.fleet.leave(admitted) // the router still runs what has come
	err := d.closeRouter(admitted, work)
	inline := d.closeServer(end)
	d.keeper.close() // when nobody teaches any more
	d.fleet.close()
	d.tracing.close(end)
	d.closeLog()
	d.doors.probes.close()
	var canceled uint64
	if admitted.Err() != nil {
		canceled = d.router.Stats().Ledger.Canceled - before
	}
	if cut := (cutShort{canceled, inline, err}); cut.any() {
		return cut.report(timeout)
	}
	l := d.router.Stats().Ledger
	d.log.Info("drained", slog.Uint64("submitted", l.Submitted), slog.Uint64("done", l.Done), slog.Uint64("shed", l.Shed),
		slog.Uint64("expired", l.Expired), slog.Uint64("failed", l.Failed+l.Panicked), slog.Uint64("canceled", l.Canceled))
	return nil
}

// closeRouter lets admitted jobs finish until ctx ends and cancels the rest.
func (d *daemon) closeRouter(ctx context.Context, work <-chan outcome) error {
	work = d.reportUntil(ctx, work) // before Close, which would cancel the job that comes next
	err := d.router.Close(ctx)
	grace, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	d.reportUntil(grace, work) // a job that ignores its context has no end to wait for
	return err
}

// closeServer lets answers leave until end. It returns how many jobs still ran then
// on the goroutines of their requests.
func (d *daemon) closeServer(end time.Time) (inline uint64) {
	if least := time.Now().Add(shutdownLeast); end.Before(least) {
		end = least
	}
	ctx, cancel := context.WithDeadline(context.Background(), end)
	defer cancel()
	if err := d.doors.api.Shutdown(ctx); err != nil {
		inline = d.router.Stats().Ledger.InFlight
		d.log.Warn("connections were cut: they were open at the end of the drain timeout", slog.Any("error", err))
		if err := d.doors.api.Close(); err != nil {
			d.log.Debug("the server did not close", slog.Any("error", err))
		}
	}
	if err := d.api.Close(ctx); err != nil {
		d.log.Warn("the API did not end in time", slog.Any("error", err))
	}
	return inline
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
