package remote

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix"
)

const (
	// defaultInFlight bounds the jobs that a worker has taken and not answered. Its router refuses long before, by its
	// queue's bound; this bounds goroutines where jobs run inline or are spawned.
	defaultInFlight = 4096
	// graceAfterDeadline is how much longer than its deadline a job's context lasts, so that one that waits expires,
	// and says so, before it is canceled.
	graceAfterDeadline = 5 * time.Millisecond
)

// WorkerOptions say how a Worker takes jobs. The zero value is valid.
type WorkerOptions struct {
	// Extract reads the trace from the headers of a job's message into its context. Default: none.
	Extract func(ctx context.Context, header map[string][]string) context.Context
	// MaxInFlight bounds the jobs that are taken and not answered. Default 4096. At the bound jobs are refused.
	MaxInFlight int
}

// Worker takes the jobs that other machines send and gives them to a router, which decides about them as
// about its own. Safe for concurrent use.
type Worker struct {
	conn    *Conn
	router  *helix.Router
	options WorkerOptions
	log     *slog.Logger
	speed   float64

	base    context.Context // of all jobs; ends when Close gives up
	giveUp  context.CancelFunc
	orders  []*nats.Subscription
	cancels *nats.Subscription
	quit    chan struct{}  // closed to end the heartbeat
	beating sync.WaitGroup // the heartbeat
	start   string         // random, so that nobody takes it for one that had its name before
	deaf    func()         // ends what listens to the connection

	mu       sync.Mutex
	jobs     map[string]context.CancelFunc // by the number that cancels it; guarded by mu
	early    early                         // guarded by mu
	running  int                           // jobs taken; guarded by mu
	idle     chan struct{}                 // closed when closing and nothing runs
	draining bool                          // guarded by mu
	lives    int                           // connections that were lost; guarded by mu
	told     int                           // of the connections, the ones in which it was said what is held; guarded by mu
}

// NewWorker begins to take jobs of every kind of the router that has a Codec. Kinds that are registered
// later are taken too.
func NewWorker(conn *Conn, r *helix.Router, o WorkerOptions) (*Worker, error) {
	if o.MaxInFlight < 0 {
		return nil, fmt.Errorf("MaxInFlight is %d: give a positive number, or 0 for %d", o.MaxInFlight, defaultInFlight)
	}
	if o.MaxInFlight == 0 {
		o.MaxInFlight = defaultInFlight
	}
	w := &Worker{
		conn: conn, router: r, options: o, log: conn.options.Log, speed: speed(),
		quit: make(chan struct{}), idle: make(chan struct{}), jobs: map[string]context.CancelFunc{}, start: rand.Text(),
	}
	w.deaf = conn.listen(listener{lost: w.disconnected, back: w.publishLoad})
	w.base, w.giveUp = context.WithCancel(context.Background())
	if err := w.subscribe(); err != nil {
		return nil, errors.Join(fmt.Errorf("taking jobs: %w", err), w.Close(context.Background()))
	}
	w.beating.Go(w.beat)
	return w, nil
}

func (w *Worker) subscribe() error {
	node, any := w.conn.subject("work", w.conn.Node()), w.conn.subject("work")
	// Of two workers that were given one name by mistake, each job reaches one.
	own, err1 := w.conn.nc.QueueSubscribe(node, node, w.take)
	group, err2 := w.conn.nc.QueueSubscribe(any, any, w.take)
	cancels, err3 := w.conn.nc.Subscribe(w.conn.subject("cancel", w.conn.Node()), w.cancel)
	for _, s := range []*nats.Subscription{own, group} {
		if s != nil {
			w.orders = append(w.orders, s)
		}
	}
	w.cancels = cancels
	return errors.Join(err1, err2, err3)
}

// Close says that the worker leaves, takes what is on its way, and waits until all that it has taken is answered. When
// ctx ends first, what still runs is canceled. The error says how many jobs were.
func (w *Worker) Close(ctx context.Context) error {
	w.mu.Lock()
	if w.draining {
		w.mu.Unlock()
		<-w.idle
		return nil
	}
	w.draining = true
	w.mu.Unlock()
	w.publishLoad() // so that nobody sends what would only come back
	for _, s := range w.orders {
		_ = s.Drain() // what has arrived is still given to take; an error means that the connection is gone
	}
	w.settle(ctx)
	w.mu.Lock()
	w.checkIdleLocked()
	w.mu.Unlock()
	var err error
	select {
	case <-w.idle:
	case <-ctx.Done():
		w.mu.Lock()
		left := w.running
		w.mu.Unlock()
		err = fmt.Errorf("the worker leaves with %d job(s) that did not end in time: they are canceled, and their senders are told", left)
		w.giveUp()
		<-w.idle
	}
	w.giveUp()
	close(w.quit) // not before: who is silent is taken for gone, with the jobs that it still runs
	w.beating.Wait()
	w.deaf()
	if w.cancels != nil {
		_ = w.cancels.Unsubscribe()
	}
	_ = w.conn.nc.FlushTimeout(writeWithin) // the last answers
	return err
}

// settleEvery is how often Close looks whether the subscriptions have given out all that had arrived.
const settleEvery = 5 * time.Millisecond

// settleMost bounds that: without a connection nothing more arrives.
const settleMost = writeWithin

// settle waits until nothing more is delivered.
func (w *Worker) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleMost)
	defer cancel()
	ticker := time.NewTicker(settleEvery)
	defer ticker.Stop()
	for {
		valid := false
		for _, s := range w.orders {
			valid = valid || s.IsValid()
		}
		if !valid {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (w *Worker) checkIdleLocked() {
	if w.draining && w.running == 0 {
		select {
		case <-w.idle:
		default:
			close(w.idle)
		}
	}
}

// take is called for one message at a time: it hands each to a goroutine of its own, up to the bound.
func (w *Worker) take(m *nats.Msg) {
	w.mu.Lock()
	full := w.running >= w.options.MaxInFlight
	if !full {
		w.running++
	}
	w.mu.Unlock()
	if full {
		w.answer(m, statusShed, "queue_full", nil, func(h nats.Header) {
			h.Set(headerRetryAfter, fmt.Sprint(int64(time.Second)))
		})
		return
	}
	go w.serve(m)
}

func (w *Worker) done(number string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.jobs, number)
	w.running--
	w.checkIdleLocked()
}

// cancel ends a job whose caller is gone.
func (w *Worker) cancel(m *nats.Msg) {
	w.mu.Lock()
	end := w.jobs[string(m.Data)]
	if end == nil {
		w.early.add(string(m.Data))
	}
	w.mu.Unlock()
	if end != nil {
		end()
	}
}
