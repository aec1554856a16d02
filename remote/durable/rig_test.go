package durable_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote/broker"
	"github.com/helixrouter/helix/remote/durable"
)

func TestMain(m *testing.M) {
	if role := os.Getenv("HELIX_DURABLE_ROLE"); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

// rig is a server with a store and a connection with it, in real time: a store does not live in a bubble.
type rig struct {
	nc *nats.Conn
	q  *durable.Queue
}

func newRig(t *testing.T, o durable.Options) *rig {
	t.Helper()
	s, err := broker.Start(broker.Options{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	nc, err := nats.Connect("", nats.InProcessServer(s.InProcess()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return &rig{nc, open(t, nc, o)}
}

func open(t *testing.T, nc *nats.Conn, o durable.Options) *durable.Queue {
	t.Helper()
	if o.AckWait == 0 {
		o.AckWait = 500 * time.Millisecond
	}
	q, err := durable.Open(t.Context(), nc, o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// runs counts how often each input was run.
type runs struct {
	mu sync.Mutex
	of map[string]int
}

func (r *runs) add(input string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[string]int{}
	}
	r.of[input]++
	return r.of[input]
}

func (r *runs) get(input string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[input]
}

// router has one kind, "work", that does what the test says.
func router(t *testing.T, work func(ctx context.Context, input string) (string, error)) *helix.Router {
	t.Helper()
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := helix.Register(r, helix.Kind[string, string]{Name: "work", Run: work, Codec: helix.JSON[string, string](), Idempotent: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIn(t, time.Second*10, r.Close) })
	return r
}

func closeIn(t *testing.T, d time.Duration, closes func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	if err := closes(ctx); err != nil {
		t.Error(err)
	}
}

func worker(t *testing.T, q *durable.Queue, r *helix.Router, o durable.WorkerOptions) *durable.Worker {
	t.Helper()
	if o.Concurrency == 0 {
		o.Concurrency = 4
	}
	w, err := durable.NewWorker(q, r, o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func job(id string) durable.Job {
	return durable.Job{ID: id, Kind: "work", Payload: fmt.Appendf(nil, "%q", id)}
}

func enqueue(t *testing.T, q *durable.Queue, j durable.Job) durable.Receipt {
	t.Helper()
	receipt, err := q.Enqueue(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func result(t *testing.T, q *durable.Queue, id string) durable.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := q.Result(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// emptied waits until nothing waits or runs.
func emptied(t *testing.T, q *durable.Queue) durable.Stats {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		s, err := q.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Waiting == 0 && s.Running == 0 {
			return s
		}
		if time.Now().After(end) {
			t.Fatalf("not empty after 30 s: %+v", s)
		}
	}
}

var errWork = errors.New("no such invoice")
