package main

import (
	"context"
	"iter"
	"log/slog"
	"runtime"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/workload"
)

// outcome is what became of the startup workload.
type outcome struct {
	workload.Summary
	limit   int // jobs in flight at most
	elapsed time.Duration
}

// startup begins the startup workload and returns where its outcome will come, or
// nil when there is nothing to run.
func (d *daemon) startup() <-chan outcome {
	if d.total == 0 {
		return nil
	}
	jobs := d.generated()
	if d.settings.trace != "" {
		jobs = d.replayed()
	}
	ended := make(chan outcome, 1)
	go func() { ended <- d.work(jobs) }()
	return ended
}

// work runs the jobs paced: a closed loop with at most paced jobs in flight. It
// needs no context of its own: the router's Close ends what it waits for.
func (d *daemon) work(jobs iter.Seq[helix.Job]) outcome {
	o := outcome{limit: paced(d.router.Config())}
	progress, finish := showProgress(d.stderr, d.total, d.environ)
	start := time.Now()
	o.Summary = workload.Run(context.Background(), d.router, jobs, o.limit, progress)
	o.elapsed = time.Since(start)
	finish()
	return o
}

// paced is how many jobs of the startup workload may be in flight. A job takes at
// most one slot, so with fewer jobs than backpressure_busy_threshold the busy gate
// cannot close and nothing is shed, however slow the machine. More than one per
// processor would wait for each other, and the shortest budgets, 5 ms, would expire
// on a loaded machine: with two per processor and four foreign loops on two cores, one
// run of three lost a job, with one per processor none of 40.
func paced(c helix.Config) int {
	return max(1, min(c.BackpressureBusyThreshold-1, runtime.GOMAXPROCS(0)))
}

// generated are the seeded jobs, until all have come or the drain begins.
func (d *daemon) generated() iter.Seq[helix.Job] {
	return func(yield func(helix.Job) bool) {
		g := workload.New(d.settings.seed)
		for range d.settings.jobs {
			if d.stopped() || !yield(g.Next()) {
				return
			}
		}
	}
}

func (d *daemon) stopped() bool {
	select {
	case <-d.stopping:
		return true
	default:
		return false
	}
}

// replayed are the jobs of the trace, each not before its time.
func (d *daemon) replayed() iter.Seq[helix.Job] {
	return func(yield func(helix.Job) bool) {
		start := time.Now()
		for record, err := range readTrace(d.settings.trace) {
			if err != nil {
				d.log.Error("the trace changed while it was replayed", slog.Any("error", err))
				return
			}
			if !d.waitUntil(start.Add(seconds(record.AtSeconds))) || !yield(record.Job) {
				return
			}
		}
	}
}

// waitUntil waits, and reports whether to go on.
func (d *daemon) waitUntil(t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return !d.stopped()
	case <-d.stopping:
		return false
	}
}

// seconds is s as a duration; a century stands for all that is longer.
func seconds(s float64) time.Duration {
	const century = 100 * 365 * 24 * 3600
	return time.Duration(min(s, century) * float64(time.Second))
}
