package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/helixrouter/helix/remote/durable"
	"github.com/helixrouter/helix/workload"
)

const aboutEnqueue = `Put the jobs of a file into the fleet's queue of durable jobs: each is done at least once,
whatever crashes, by a daemon or worker that was started with --durable. The file has one job record
a line, as for --trace. A job's ID in the queue is the prefix, a dash and its id: enqueueing a file twice does its
jobs once, while the results are kept. The fleet's server needs a store: --cluster-store.

  helixrouter --cluster-listen 127.0.0.1:4222 --cluster-store /var/lib/helix --durable
  helixrouter enqueue jobs.jsonl --nats nats://127.0.0.1:4222 --wait`

// enqueuers is how many jobs are on their way to the disk at a time: the server syncs once for several.
const enqueuers = 16

// enqueueWithin is how long one job may take to be stored.
const enqueueWithin = 10 * time.Second

func (p program) enqueueCommand() *cobra.Command {
	var s fleetSettings
	e := enqueuing{program: p}
	c := &cobra.Command{Use: "enqueue FILE", Short: "Put jobs into the fleet's durable queue", Long: aboutEnqueue, Args: cobra.ExactArgs(1)}
	c.Flags().SortFlags = false
	s.addDialFlags(c.Flags())
	c.Flags().StringVar(&e.prefix, "prefix", "job", "what the jobs' IDs begin with: letters, digits, - and _")
	c.Flags().BoolVar(&e.wait, "wait", false, "wait for the results, and print each as a line of JSON")
	c.Flags().DurationVar(&e.timeout, "timeout", 10*time.Minute, "how long --wait waits")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := errors.Join(readVariables(c.Flags(), p.environ), s.read(p.environ)); err != nil {
			return err
		}
		switch {
		case s.nats == "":
			return exitf(exitUsage, "--nats is needed: say which fleet")
		case !prefixPattern.MatchString(e.prefix):
			return exitf(exitUsage, "--prefix %q: give 1 to 64 letters, digits, - and _", e.prefix)
		}
		return e.run(c.Context(), &s, args[0])
	}
	return c
}

var prefixPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// enqueuing is one run of the command.
type enqueuing struct {
	program
	prefix  string
	wait    bool
	timeout time.Duration

	queue      *durable.Queue
	stored     atomic.Int64
	duplicates atomic.Int64
	mu         sync.Mutex
	err        error // the first that went wrong; guarded by mu
}

func (e *enqueuing) run(ctx context.Context, s *fleetSettings, path string) error {
	records, err := e.read(path)
	if err != nil {
		return exitf(exitUsage, "%s: %w", path, err)
	}
	conn, err := s.dialOnce(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer conn.Close()
	if e.queue, err = durable.Open(ctx, conn.NATS(), durable.Options{}); err != nil {
		return exitf(exitFailure, "%w", err)
	}
	e.each(records, func(j durable.Job) error { return e.enqueue(ctx, j) })
	fmt.Fprintf(e.stderr, "enqueued: %d  known already: %d  of: %d\n", e.stored.Load(), e.duplicates.Load(), len(records))
	if e.err != nil {
		return exitf(exitFailure, "%w", e.err)
	}
	if !e.wait {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	e.each(records, func(j durable.Job) error { return e.result(ctx, j.ID) })
	if e.err != nil {
		return exitf(exitFailure, "%w", e.err)
	}
	return nil
}

// read takes the jobs of a file, all of them before any is enqueued: what is wrong with one is found first.
func (e *enqueuing) read(path string) (jobs []durable.Job, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, errors.Unwrap(err)
	}
	for record, err := range readTrace(path) {
		if err != nil {
			return nil, err
		}
		j, err := e.job(record)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// job is a record as a durable job. Its budget would be over before a worker comes to it, so that only a deadline counts.
func (e *enqueuing) job(record workload.Record) (durable.Job, error) {
	job := record.Job
	if job.Inputs == nil {
		job.Inputs = []uint64{} // null is no list
	}
	job.LatencyBudgetMS = 0
	payload, err := json.Marshal(job)
	return durable.Job{
		ID: fmt.Sprintf("%s-%d", e.prefix, job.ID), Kind: job.Kind, Payload: payload, Deadline: job.Deadline, Tenant: job.Tenant, Class: job.Class,
	}, err
}

// each does something with every job, several at a time, until it goes wrong once.
func (e *enqueuing) each(jobs []durable.Job, do func(durable.Job) error) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range enqueuers {
		all.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(jobs)) && e.first() == nil; n = next.Add(1) - 1 {
				if err := do(jobs[n]); err != nil {
					e.fail(err)
				}
			}
		})
	}
	all.Wait()
}

func (e *enqueuing) first() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

func (e *enqueuing) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		e.err = err
	}
}

func (e *enqueuing) enqueue(ctx context.Context, j durable.Job) error {
	ctx, cancel := context.WithTimeout(ctx, enqueueWithin)
	defer cancel()
	receipt, err := e.queue.Enqueue(ctx, j)
	switch {
	case err != nil:
		return err
	case receipt.Duplicate:
		e.duplicates.Add(1)
	default:
		e.stored.Add(1)
	}
	return nil
}

// result prints the result of one job, whose output is JSON.
func (e *enqueuing) result(ctx context.Context, id string) error {
	r, err := e.queue.Result(ctx, id)
	if err != nil {
		return err
	}
	line := struct {
		ID     string          `json:"id"`
		Status durable.Status  `json:"status"`
		Output json.RawMessage `json:"outputs,omitempty"`
		Error  string          `json:"error,omitempty"`
		Tries  uint64          `json:"tries"`
	}{id, r.Status, r.Output, r.Error, r.Tries}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	_, err = fmt.Fprintf(e.stdout, "%s\n", text)
	return err
}
