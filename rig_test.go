package helix_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/helixrouter/helix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Costs that the default table sends somewhere by themselves.
const (
	cheap    = helix.Cost(1)
	moderate = helix.Cost(20_000)
	heavy    = helix.Cost(100_000)
	scales   = helix.Scaling(0.9)
)

var errJob = errors.New("the job's own error")

// work is what a test job does.
type work func(context.Context) (int, error)

// returns is work that takes no time.
func returns(v int) work {
	return func(context.Context) (int, error) { return v, nil }
}

// sleeps is work that takes d and stops early when its context ends.
func sleeps(d time.Duration) work {
	return func(ctx context.Context) (int, error) {
		select {
		case <-time.After(d):
			return 1, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// ignores is work that takes d whatever becomes of its context.
func ignores(d time.Duration) work {
	return func(context.Context) (int, error) { time.Sleep(d); return 1, nil }
}

// bubble runs a test in fake time.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// testRouter makes a router with an open busy gate, changed as the test needs it,
// and the kind "kind" whose inputs are work.
// At the end of the test it is closed and its ledger must balance.
func testRouter(t *testing.T, change func(*helix.Config), options ...helix.Option) *helix.Router {
	t.Helper()
	c := helix.DefaultConfig()
	c.Policy = helix.PolicyThreshold
	c.BackpressureBusyThreshold = 1 << 20
	if change != nil {
		change(&c)
	}
	r, err := helix.New(c, options...)
	if err != nil {
		t.Fatal(err)
	}
	registerWork(t, r)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour) // fake, in a bubble
		defer cancel()
		if err := r.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		checkBooks(t, r)
	})
	return r
}

func width(n int) func(*helix.Config) {
	return func(c *helix.Config) { c.CPUParallelism = n }
}

// checkBooks wants every submitted job to have ended exactly once, and nothing held.
func checkBooks(t *testing.T, r *helix.Router) {
	t.Helper()
	s := r.Stats()
	l := s.Ledger
	ends := l.Done + l.Failed + l.Panicked + l.Canceled + l.Expired + l.Shed
	if l.Submitted != ends || l.InFlight != 0 || l.Imbalance != 0 {
		t.Errorf("ledger does not balance: %+v", l)
	}
	if s.Pool.Busy != 0 || s.Pool.Queued != 0 || s.Spawned != 0 || len(s.Abandoned) != 0 {
		t.Errorf("still held: %+v, %d spawned, abandoned %v", s.Pool, s.Spawned, s.Abandoned)
	}
}

// wantLedger compares the ends; what the test does not name must be 0.
func wantLedger(t *testing.T, r *helix.Router, want helix.Ledger) {
	t.Helper()
	got := r.Stats().Ledger
	want.Submitted = want.Done + want.Failed + want.Panicked + want.Canceled + want.Expired + want.Shed + want.InFlight
	if got != want {
		t.Errorf("ledger %+v, want %+v", got, want)
	}
}

// hold takes n pool slots, which must be free, until release is called. It must
// be called in a bubble.
func hold(t *testing.T, r *helix.Router, n int) (release func()) {
	t.Helper()
	gate := make(chan struct{})
	var holders sync.WaitGroup
	for range n {
		holders.Go(func() {
			_, err := helix.Do(context.Background(), r, helix.Hint{Kind: "holder"}, func(context.Context) (int, error) {
				<-gate
				return 0, nil
			})
			if err != nil {
				t.Errorf("holder: %v", err)
			}
		})
	}
	synctest.Wait()
	if busy := r.Stats().Pool.Busy; busy < n {
		t.Fatalf("%d slots are held, want %d", busy, n)
	}
	release = sync.OnceFunc(func() { close(gate); holders.Wait() })
	t.Cleanup(release)
	return release
}

// answer is what one submit returned, and when.
type answer struct {
	out int
	err error
	at  time.Time
}

// later runs a submit on another goroutine and returns where its answer comes.
func later(submit func() (int, error)) <-chan answer {
	c := make(chan answer, 1)
	go func() {
		a := answer{err: errGoexit}
		defer func() { a.at = time.Now(); c <- a }()
		a.out, a.err = submit()
	}()
	return c
}

var errGoexit = errors.New("the submit did not return: its goroutine ended")

// way is one way that a job can take to its end.
type way struct {
	name     string
	strategy helix.Strategy
	queues   bool // waits for a slot when there is none
	onCaller bool // runs on its caller's goroutine
	// do submits the work; the kind is "kind".
	do func(ctx context.Context, r *helix.Router, run work, options ...helix.CallOption) (int, error)
}

// ways lists them all; each must treat a job alike.
var ways = []way{
	{"inline", helix.Inline, false, true, doAs(cheap)},
	{"inline future", helix.Inline, false, true, goAs(cheap)},
	{"spawn", helix.Spawn, false, false, doAs(moderate)},
	{"spawn future", helix.Spawn, false, false, goAs(moderate)},
	{"pool on a worker", helix.CPUPool, true, false, doAs(heavy)},
	{"pool on its caller", helix.CPUPool, false, true, func(_ context.Context, r *helix.Router, run work, options ...helix.CallOption) (int, error) {
		return doAs(heavy)(context.Background(), r, run, options...)
	}},
	{"pool future", helix.CPUPool, true, false, goAs(heavy)},
	{"batch", helix.Batch, true, false, doAs(heavy, scales)},
	{"batch future", helix.Batch, true, false, goAs(heavy, scales)},
	{"function", helix.CPUPool, true, false, func(ctx context.Context, r *helix.Router, run work, options ...helix.CallOption) (int, error) {
		h := helix.Hint{Kind: "kind"}
		for _, o := range options {
			switch o := o.(type) {
			case helix.Budget:
				h.Budget = time.Duration(o)
			case helix.Deadline:
				h.Deadline = time.Time(o)
			}
		}
		return helix.Do(ctx, r, h, run)
	}},
}

// handles finds the handle that testRouter has registered as "kind".
var handles sync.Map // *helix.Router -> *helix.Handle[work, int]

func handleOf(r *helix.Router) *helix.Handle[work, int] {
	h, _ := handles.Load(r)
	return h.(*helix.Handle[work, int])
}

func registerWork(t *testing.T, r *helix.Router) {
	h, err := helix.Register(r, helix.Kind[work, int]{
		Name:  "kind",
		Run:   func(ctx context.Context, run work) (int, error) { return run(ctx) },
		Batch: runEach,
	})
	if err != nil {
		t.Fatal(err)
	}
	handles.Store(r, h)
	t.Cleanup(func() { handles.Delete(r) })
}

// runEach is a batch function that runs its inputs one after the other.
func runEach(ctx context.Context, runs []work) ([]helix.Result[int], error) {
	out := make([]helix.Result[int], len(runs))
	for i, run := range runs {
		out[i].Value, out[i].Err = run(ctx)
	}
	return out, nil
}

func doAs(as ...helix.CallOption) func(context.Context, *helix.Router, work, ...helix.CallOption) (int, error) {
	return func(ctx context.Context, r *helix.Router, run work, options ...helix.CallOption) (int, error) {
		return handleOf(r).Do(ctx, run, append(options, as...)...)
	}
}

// goAs waits with a context that does not end: what a future's job does with its
// own context is not the waiter's doing.
func goAs(as ...helix.CallOption) func(context.Context, *helix.Router, work, ...helix.CallOption) (int, error) {
	return func(ctx context.Context, r *helix.Router, run work, options ...helix.CallOption) (int, error) {
		return handleOf(r).Go(ctx, run, append(options, as...)...).Wait(context.Background())
	}
}

// eachWay runs a test in a bubble of its own for every way, with a router of the
// given number of slots, and once more with a tracer, which must change nothing.
func eachWay(t *testing.T, slots int, test func(t *testing.T, r *helix.Router, w way)) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := testRouter(t, width(slots))
				test(t, r, w)
			})
		})
		t.Run(w.name+", traced", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r, _ := witnessed(t, width(slots))
				test(t, r, w)
			})
		})
	}
}

// strategyCount returns how many jobs were routed to s.
func strategyCount(r *helix.Router, s helix.Strategy) uint64 {
	for _, row := range r.Stats().Strategies {
		if row.Strategy == s {
			return row.Count
		}
	}
	return 0
}

// goexit is work that ends its goroutine.
func goexit(context.Context) (int, error) {
	runtime.Goexit()
	return 0, nil
}
