package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/history"
	"github.com/helixrouter/helix/internal/openapi"
	"github.com/helixrouter/helix/internal/stream"
	"github.com/helixrouter/helix/workload"
)

// Options is what an API needs beside a router. The zero value serves loopback
// only, without metrics and without a log.
type Options struct {
	// Metrics answers GET /metrics. Nil means that there is no such path.
	Metrics http.Handler
	// Page is what browsers see at /, with its assets. Nil means that they get the list
	// of endpoints, as other clients do.
	Page Page
	// Token is the bearer token that allows writes from beyond loopback. Without
	// one only loopback may write.
	Token string
	// Hosts are the names accepted as Host beside loopback names and IP addresses.
	Hosts []string
	// Log gets panics, failed jobs' stacks and ended bursts; at debug level each
	// request. Default: nowhere.
	Log *slog.Logger
	// Simulate runs one burst to its end, and returns when ctx ends. It counts how the
	// jobs ended. Default: the
	// seeded mix of package workload, submitted to the router.
	Simulate func(ctx context.Context, b Burst) (workload.Summary, error)
	// Notes are sentences that /readyz shows without being less ready for them, such
	// as a configuration file that was refused. Optional.
	Notes func() []string
	// Trace wraps what answers POST /api/jobs, once the caller is known to be allowed to,
	// such as in a span that continues the caller's trace. A writer that it passes on should
	// have Unwrap, as http.ResponseController wants it. Optional.
	Trace func(http.Handler) http.Handler
	// Streams is how many may read /api/stream/decisions at a time, 1 to 65536. Default: 256.
	Streams int
	// Now reads the clock. Default: time.Now.
	Now func() time.Time
}

// API serves one router over HTTP. Make one with New, and Close it. It is safe
// for concurrent use.
type API struct {
	router   *helix.Router
	log      *slog.Logger
	now      func() time.Time
	notes    func() []string
	metrics  http.Handler // nil = none
	postJobs endpoint
	page     Page // nil = none
	began    time.Time
	guard    *guard
	paths    paths
	draining atomic.Bool
	cut      context.Context // of all jobs; ended by CancelJobs
	endJobs  context.CancelFunc
	decoders decoders
	queue    *queueWatch
	bursts   *bursts
	streams  *stream.Hub
	past     *history.Recorder
	document *openapi.Document
}

// defaultStreams is more than the pages that people have open, and some 20 MB of
// buffers if none of them reads.
const defaultStreams = 256

// New returns the API of a router.
func New(r *helix.Router, o Options) *API {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Streams == 0 {
		o.Streams = defaultStreams
	}
	if o.Notes == nil {
		o.Notes = func() []string { return nil }
	}
	if o.Simulate == nil {
		o.Simulate = func(ctx context.Context, b Burst) (workload.Summary, error) { return simulate(ctx, r, b) }
	}
	a := &API{
		router:   r,
		log:      o.Log,
		now:      o.Now,
		notes:    o.Notes,
		metrics:  o.Metrics,
		page:     o.Page,
		began:    o.Now(),
		guard:    newGuard(o.Token, o.Hosts, o.Now),
		decoders: newDecoders(),
		queue:    newQueueWatch(r.Pool, o.Now),
		bursts:   newBursts(o.Simulate, o.Log),
		streams:  stream.NewHub(r, o.Streams),
		past:     history.New(r),
	}
	a.cut, a.endJobs = context.WithCancel(context.Background())
	a.postJobs = a.jobs
	if o.Trace != nil {
		a.postJobs = wrapped(o.Trace(noting(a.jobs)))
	}
	entries := a.entries()
	a.paths, a.document = newPaths(entries), describe(entries)
	a.queue.start()
	a.past.Start()
	return a
}

// Drain makes /readyz answer 503, so that whoever balances the load goes elsewhere,
// cancels a running burst, ends the streams, which have no end of their own, and refuses
// new ones of both. Everything else goes on.
func (a *API) Drain() {
	a.draining.Store(true)
	a.bursts.stop()
	a.streams.Stop()
}

// CancelJobs ends the jobs of all requests that run; their answer is the one of a
// closed router. It is for the end of a drain, before connections are cut.
func (a *API) CancelJobs() { a.endJobs() }

// Close cancels a running burst and waits for it, at most until ctx ends. It cancels
// the jobs of requests but does not wait for those: that is http.Server.Shutdown's, which comes before. It
// may be called more than once.
func (a *API) Close(ctx context.Context) error {
	a.Drain()
	a.endJobs()
	return errors.Join(a.queue.close(ctx), a.bursts.close(ctx), a.streams.Close(ctx), a.past.Close(ctx))
}
