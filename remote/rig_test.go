package remote_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote"
	"github.com/helixrouter/helix/route"
)

func TestMain(m *testing.M) {
	if role := os.Getenv("HELIX_FLEET_ROLE"); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

const ms = time.Millisecond

// startServer starts NATS in this process, without a listener.
func startServer(t testing.TB, change func(*server.Options)) *server.Server {
	t.Helper()
	o := &server.Options{DontListen: true, NoSigs: true, NoLog: true, NoFastProducerStall: true, WriteDeadline: 2 * time.Second, PingInterval: 2 * time.Second}
	if change != nil {
		change(o)
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return s
}

// power is a server that can be switched off and on. It implements nats.InProcessConnProvider.
type power struct{ server atomic.Pointer[server.Server] }

func (p *power) InProcessConn() (net.Conn, error) {
	if s := p.server.Load(); s != nil {
		return s.InProcessConn()
	}
	return nil, errors.New("it is switched off")
}

func (p *power) off() {
	if s := p.server.Swap(nil); s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
}

// fleet is what a test has: a server, a router that sends every job that may leave, and workers. It lives in a
// bubble, so that time is exact and passes when all wait.
type fleet struct {
	t      *testing.T
	power  *power
	front  *remote.Client
	router *helix.Router
	nap    *helix.Handle[int, string]
	ran    atomic.Int64 // jobs that began on the front's own machine
	ends   []func()
}

// sender sends what may leave. Its naps are known to take as long as they say.
type sender struct{}

func (sender) Decide(req route.Request, _ route.Subject, _ route.Load, _ *route.Signals) route.Decision {
	return route.Decision{Strategy: route.CPUPool, Reason: route.ReasonHeavy, Propensity: 1, Service: time.Duration(req.Cost) * ms}
}

func (sender) Send(req route.Request, _ route.Subject, _ route.Load, _ *route.Signals, q route.Quote, d route.Decision) route.Decision {
	return route.Decision{Strategy: route.Remote, Reason: route.ReasonPeer, Propensity: 1, Predicted: q.Finish(), Service: d.Service}
}

// inBubble runs a test with a fleet that has no workers yet.
func inBubble(t *testing.T, test func(t *testing.T, f *fleet)) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		f := newFleet(t, nil, helix.WithPolicy(sender{}))
		defer f.end()
		test(t, f)
	})
}

// dropTimers empties the pool of timers that the NATS client keeps.
func dropTimers() { runtime.GC(); runtime.GC() }

// bubble runs a test in fake time. The NATS client keeps timers in a pool of the process, and one must not leave
// its bubble: two collections empty the pool.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	dropTimers()
	defer dropTimers()
	synctest.Test(t, test)
}

func newFleet(t *testing.T, change func(*server.Options), options ...helix.Option) *fleet {
	t.Helper()
	f := &fleet{t: t, power: &power{}}
	f.power.server.Store(startServer(t, change))
	conn := f.dial(remote.Options{Node: "front"})
	client, err := remote.NewClient(conn, remote.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	f.front = client
	f.router, err = helix.New(helix.DefaultConfig(), append(options, helix.WithTransport(client))...)
	if err != nil {
		t.Fatal(err)
	}
	f.nap = registerNap(t, f.router, "front", 1, &f.ran)
	registerOdd(t, f.router, "front")
	f.ends = append(f.ends, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		if err := f.router.Close(ctx); err != nil {
			t.Error(err)
		}
		l := f.router.Stats().Ledger
		if l.Imbalance != 0 || l.InFlight != 0 || l.Submitted != l.Done+l.Failed+l.Panicked+l.Canceled+l.Expired+l.Shed {
			t.Errorf("the ledger does not balance: %+v", l)
		}
		client.Close()
		conn.Close()
	})
	return f
}

// end closes everything, the last first, and then the server.
func (f *fleet) end() {
	for i := len(f.ends) - 1; i >= 0; i-- {
		f.ends[i]()
	}
	f.power.off()
	time.Sleep(time.Minute) // what NATS leaves to end by itself
}

func (f *fleet) dial(o remote.Options) *remote.Conn {
	f.t.Helper()
	o.Server = f.power
	c, err := remote.Dial(o)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// napper is one worker with what it runs on.
type napper struct {
	conn   *remote.Conn
	router *helix.Router
	worker *remote.Worker
	ran    atomic.Int64 // jobs that began
	once   sync.Once
}

// worker adds one whose naps take as long as they say, times slow.
func (f *fleet) worker(node string, slow float64, change func(*helix.Config)) *napper {
	f.t.Helper()
	c := helix.DefaultConfig()
	c.Policy, c.BackpressureBusyThreshold = helix.PolicyThreshold, 1<<20
	c.InlineThreshold, c.SpawnThreshold = 1, 2 // all on the pool
	if change != nil {
		change(&c)
	}
	r, err := helix.New(c)
	if err != nil {
		f.t.Fatal(err)
	}
	n := &napper{router: r, conn: f.dial(remote.Options{Node: node})}
	registerNap(f.t, r, node, slow, &n.ran)
	registerOdd(f.t, r, node)
	if n.worker, err = remote.NewWorker(n.conn, r, remote.WorkerOptions{}); err != nil {
		f.t.Fatal(err)
	}
	f.ends = append(f.ends, func() { n.leave(f.t) })
	time.Sleep(time.Second) // it is heard
	return n
}

// leave drains the worker and closes what it runs on.
func (n *napper) leave(t *testing.T) {
	n.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		if err := n.worker.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := n.router.Close(ctx); err != nil {
			t.Error(err)
		}
		n.conn.Close()
	})
}

// vanish is the end of a machine: its connection is gone and it answers nothing more.
func (n *napper) vanish(t *testing.T) {
	n.conn.Close()
	n.leave(t)
}

// registerNap adds the kind "nap": it sleeps for as many ms as its input says, and tells where.
func registerNap(t testing.TB, r *helix.Router, where string, slow float64, ran *atomic.Int64) *helix.Handle[int, string] {
	t.Helper()
	h, err := helix.Register(r, helix.Kind[int, string]{
		Name: "nap", Idempotent: true, Codec: helix.JSON[int, string](), Units: func(n int) uint64 { return uint64(n) },
		Run: func(ctx context.Context, n int) (string, error) {
			ran.Add(1)
			select {
			case <-time.After(time.Duration(float64(n) * slow * float64(ms))):
				return fmt.Sprint(where, " ", n), nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// oddCodec panics on a worker over bytes that it does not like: outside of the router's own guard.
type oddCodec struct {
	helix.Codec[string, string]
	where string
}

func (c oddCodec) DecodeInput(data []byte) (string, error) {
	if string(data) == `"codec"` && c.where != "front" {
		panic("bad bytes")
	}
	return c.Codec.DecodeInput(data)
}

// oddError's method panics where there is none.
type oddError struct{ text string }

func (e *oddError) Error() string { return e.text }

// registerOdd adds a kind whose input says how it ends.
func registerOdd(t testing.TB, r *helix.Router, where string) {
	t.Helper()
	if _, err := helix.Register(r, helix.Kind[string, string]{
		Name: "odd", Idempotent: true, Codec: oddCodec{helix.JSON[string, string](), where}, Units: func(string) uint64 { return 1 },
		Run: func(_ context.Context, how string) (string, error) {
			switch how {
			case "fail":
				return "", errors.New("no such thing")
			case "typed nil":
				var none *oddError
				return "", none
			case "refused inside":
				return "", fmt.Errorf("of a child: %w", &helix.ShedError{})
			case "panic":
				panic("boom")
			case "huge":
				return string(make([]byte, 2<<20)), nil
			}
			return how, nil
		},
	}); err != nil {
		t.Fatal(err)
	}
}

// peer is what the front knows of one.
func (f *fleet) peer(name string) helix.Peer {
	f.t.Helper()
	synctest.Wait() // an attempt that nobody waits for is entered when its goroutine ends
	for _, p := range f.front.Fleet().Peers {
		if p.Name == name {
			return p
		}
	}
	f.t.Fatalf("%s is not known", name)
	return helix.Peer{}
}

// quoteOf draws until the quote is of the peer that is meant.
func (f *fleet) quoteOf(name string) helix.Quote {
	f.t.Helper()
	for range 10_000 {
		if q := f.front.Quote("nap", 10*ms); q.Valid && f.front.PeerName(q.Peer) == name {
			return q
		}
	}
	f.t.Fatalf("%s is not drawn", name)
	return helix.Quote{}
}

func (f *fleet) parcel(kind, payload string) *helix.Parcel {
	q := f.front.Quote(kind, 10*ms)
	return &helix.Parcel{Kind: kind, Payload: []byte(payload), Service: 10 * ms, Repeatable: true, Quote: q}
}
