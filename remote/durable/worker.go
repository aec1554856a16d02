package durable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/helixrouter/helix"
)

const (
	defaultConcurrency = 64
	defaultTries       = 5
	// pollEvery is how long one wait for a job lasts: Close waits for it at most.
	pollEvery = time.Second
	// retryFirst is the pause before a second try; each further one doubles it up to retryMost.
	retryFirst = 500 * time.Millisecond
	retryMost  = 30 * time.Second
	// askAgain is how long a worker waits at most before it asks its own router again for room: that costs
	// microseconds, and what the router gives as a time to come back is for callers far away.
	askAgain = time.Second
	// beats is how many signs of life there are in an AckWait: two may be lost.
	beats = 3
)

// WorkerOptions say how a Worker takes jobs. The zero value is valid.
type WorkerOptions struct {
	// Concurrency bounds the jobs that the worker has under way. Default 64. Its router decides how many of
	// them run.
	Concurrency int
	// Tries is how often a job is given to a worker, by failures and crashes together, before it is dead. Default 5.
	Tries int
	// Log gets what goes wrong. Default: nowhere.
	Log *slog.Logger
}

// Worker takes jobs from a queue and gives them to a router, which decides about them as about its own. One that the
// router has no room for stays with the worker, which asks again when the router has said; that is no try.
type Worker struct {
	queue   *Queue
	router  *helix.Router
	options WorkerOptions

	base   context.Context // of jobs; ends when Close gives up
	giveUp context.CancelFunc
	polls  context.Context // ends when Close begins
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// NewWorker begins to take jobs. Kinds that the router does not know are tried on other workers.
func NewWorker(q *Queue, r *helix.Router, o WorkerOptions) (*Worker, error) {
	if o.Concurrency < 0 || o.Tries < 0 {
		return nil, fmt.Errorf("the bounds Concurrency %d, Tries %d: give positive numbers, or 0 for %d and %d", o.Concurrency, o.Tries, defaultConcurrency, defaultTries)
	}
	if o.Concurrency == 0 {
		o.Concurrency = defaultConcurrency
	}
	if o.Tries == 0 {
		o.Tries = defaultTries
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	w := &Worker{queue: q, router: r, options: o}
	w.base, w.giveUp = context.WithCancel(context.Background())
	w.polls, w.stop = context.WithCancel(w.base)
	for range o.Concurrency {
		w.done.Go(w.loop)
	}
	return w, nil
}

// Close takes no more jobs and waits for those under way. When ctx ends first they are canceled and go back to
// the queue. Close it before its router.
func (w *Worker) Close(ctx context.Context) error {
	w.stop()
	ended := make(chan struct{})
	go func() {
		w.done.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		w.giveUp()
		return nil
	case <-ctx.Done():
		w.giveUp()
		<-ended
		return fmt.Errorf("jobs were cut short and went back to the queue: %w", ctx.Err())
	}
}

// loop takes one job after the other.
func (w *Worker) loop() {
	for w.polls.Err() == nil {
		m, err := w.queue.consumer.Next(jetstream.FetchMaxWait(pollEvery))
		switch {
		case err == nil:
			w.handle(m)
		case errors.Is(err, nats.ErrTimeout), errors.Is(err, jetstream.ErrNoMessages):
		default: // the server is gone
			w.pause(pollEvery)
		}
	}
}

func (w *Worker) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-w.polls.Done():
	}
}

// handle brings one delivery to an end. A delivery that is not acknowledged comes again, here or elsewhere.
func (w *Worker) handle(m jetstream.Msg) {
	meta, err := m.Metadata()
	if err != nil {
		w.options.Log.Error("a message of the queue has no metadata, and is left", slog.Any("error", err))
		return
	}
	stopBeating := w.beat(m)
	defer stopBeating()
	job, err := readJob(m.Headers(), m.Data())
	if err != nil {
		w.bury(m, &job, "malformed: "+err.Error(), meta.NumDelivered)
		return
	}
	known, err := w.queue.known(w.base, job.ID)
	switch {
	case err != nil:
		w.back(m, err)
	case known: // it ran, and the acknowledgement was lost
		w.ack(m)
	case meta.NumDelivered > uint64(w.options.Tries):
		w.bury(m, &job, "its workers ended before it did", meta.NumDelivered-1)
	default:
		w.run(m, &job, meta.NumDelivered)
	}
}

// beat says that the job still runs, until it is told to stop.
func (w *Worker) beat(m jetstream.Msg) (stop func()) {
	quit := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		ticker := time.NewTicker(w.queue.options.AckWait / beats)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = m.InProgress() // if the server is gone the job will come again, and finds its result
			case <-quit:
				return
			}
		}
	})
	return func() { close(quit); beating.Wait() }
}

// run has the router run a job, as often as it says that it has no room.
func (w *Worker) run(m jetstream.Msg, job *Job, try uint64) {
	for {
		out, err := w.router.Call(w.base, job.Kind, job.Payload, job.options()...)
		var shed *helix.ShedError
		switch {
		case err == nil && w.tooLarge(out):
			w.bury(m, job, fmt.Sprintf("it is done, and its result of %d bytes is more than the server takes in a message", len(out)), try)
		case err == nil:
			w.settle(m, job, Result{Status: Done, Output: out, Tries: try})
		case errors.As(err, &shed) && w.polls.Err() == nil:
			w.pause(min(shed.RetryAfter, askAgain))
			continue
		case errors.As(err, &shed), errors.Is(err, helix.ErrClosed), w.base.Err() != nil:
			w.back(m, err)
		case errors.Is(err, helix.ErrExpired):
			w.settle(m, job, Result{Status: Expired, Tries: try})
		case try >= uint64(w.options.Tries):
			w.bury(m, job, err.Error(), try)
		default:
			w.options.Log.Info("a durable job has failed and will be tried again", slog.String("kind", job.Kind), slog.Any("error", err))
			_ = m.NakWithDelay(backoff(try)) // or it comes again after AckWait
		}
		return
	}
}

// tooLarge reports whether a result cannot be stored, which would not change with another try. In JSON bytes take a third more.
func (w *Worker) tooLarge(out []byte) bool {
	limit := w.queue.js.Conn().MaxPayload()
	return limit > 0 && int64(len(out))/3*4 > limit-headroom
}

// backoff is the pause after a try.
func backoff(try uint64) time.Duration {
	return min(retryFirst<<min(try-1, 16), retryMost)
}

// settle stores a result, and then takes the job out of the queue.
func (w *Worker) settle(m jetstream.Msg, job *Job, r Result) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.base), askWithin)
	defer cancel()
	if err := w.queue.store(ctx, job.ID, r); err != nil {
		w.back(m, fmt.Errorf("its result cannot be stored: %w", err))
		return
	}
	w.ack(m)
}

// ack takes the job out of the queue, and makes sure that it is.
func (w *Worker) ack(m jetstream.Msg) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.base), askWithin)
	defer cancel()
	if err := m.DoubleAck(ctx); err != nil {
		w.options.Log.Debug("a job was not taken out of the queue: it comes again, and finds its result", slog.Any("error", err))
	}
}

// bury moves a job to the dead letters.
func (w *Worker) bury(m jetstream.Msg, job *Job, reason string, tries uint64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.base), askWithin)
	defer cancel()
	w.options.Log.Warn("a durable job is dead: look at the dead letters, and send it back when it can run", slog.String("kind", job.Kind), slog.String("why", reason))
	if err := w.queue.bury(ctx, m.Headers(), m.Data(), job.ID, reason, tries); err != nil {
		w.back(m, err)
		return
	}
	if idPattern.MatchString(job.ID) {
		w.settle(m, job, Result{Status: Dead, Error: reason[:min(len(reason), maxReason)], Tries: tries})
		return
	}
	w.ack(m)
}

// back gives the job back to the queue.
func (w *Worker) back(m jetstream.Msg, err error) {
	w.options.Log.Debug("a durable job goes back to the queue", slog.Any("error", err))
	_ = m.NakWithDelay(retryFirst) // or it comes again after AckWait
}
