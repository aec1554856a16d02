package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote"
	"github.com/helixrouter/helix/remote/durable"
)

// openAgain is how long a daemon does without the queue of durable jobs before it asks for it again.
const openAgain = 2 * time.Second

// durableWorker takes durable jobs, as soon as there is a queue: its server may come later.
type durableWorker struct {
	conn   *remote.Conn
	router *helix.Router
	log    *slog.Logger
	quit   chan struct{} // closed to end the wait for a queue
	opened sync.WaitGroup

	mu     sync.Mutex
	why    string          // there is no queue yet; guarded by mu
	worker *durable.Worker // nil until there is; guarded by mu
}

func takeDurable(conn *remote.Conn, r *helix.Router, log *slog.Logger) *durableWorker {
	d := &durableWorker{conn: conn, router: r, log: log, quit: make(chan struct{}), why: "not asked for yet"}
	d.opened.Go(d.open)
	return d
}

// open asks for the queue until there is one.
func (d *durableWorker) open() {
	for {
		worker, err := d.try()
		d.mu.Lock()
		d.worker, d.why = worker, ""
		if err != nil {
			d.why = err.Error()
		}
		d.mu.Unlock()
		if err == nil {
			d.log.Info("durable jobs are taken")
			return
		}
		select {
		case <-time.After(openAgain):
		case <-d.quit:
			return
		}
	}
}

func (d *durableWorker) try() (*durable.Worker, error) {
	ctx, cancel := context.WithTimeout(context.Background(), openAgain)
	defer cancel()
	q, err := durable.Open(ctx, d.conn.NATS(), durable.Options{})
	if err != nil {
		return nil, err
	}
	return durable.NewWorker(q, d.router, durable.WorkerOptions{Log: d.log})
}

// notes say why no durable jobs are taken.
func (d *durableWorker) notes() []string {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.why == "" {
		return nil
	}
	return []string{"durable jobs are not taken: " + d.why}
}

// close takes no more jobs and waits for those that it has, until ctx ends; they go back to the queue then.
func (d *durableWorker) close(ctx context.Context) {
	if d == nil {
		return
	}
	close(d.quit)
	d.opened.Wait()
	if d.worker == nil {
		return
	}
	if err := d.worker.Close(ctx); err != nil {
		d.log.Warn("durable jobs were cut short", slog.Any("error", err))
	}
}
