package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote"
)

// The roles of the processes of a real fleet, by HELIX_FLEET_ROLE.
const (
	roleServer    = "server"    // NATS
	roleReal      = "real"      // NATS' own binary
	roleForbidden = "forbidden" // NATS that lets the front send nothing to worker a
	roleWorker    = "worker"
	roleLiar      = "liar" // says that it is idle, and takes one job after the other, 200 ms each
)

// play is what a process does until SIGTERM, or until its standard input ends.
func play(role string) int {
	address, node := os.Getenv("HELIX_FLEET_ADDRESS"), os.Getenv("HELIX_FLEET_NODE")
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	var err error
	switch role {
	case roleServer, roleForbidden:
		err = playServer(ctx, address, role == roleForbidden)
	case roleLiar:
		err = playLiar(ctx, address, node)
	default:
		err = playWorker(ctx, address, node)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, role, err)
		return 1
	}
	return 0
}

func playServer(ctx context.Context, address string, forbids bool) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	o := &server.Options{Host: host, NoSigs: true, NoLog: true, NoFastProducerStall: true, PingInterval: 2 * time.Second, MaxPingsOut: 2, WriteDeadline: 2 * time.Second}
	if _, err := fmt.Sscan(port, &o.Port); err != nil {
		return err
	}
	if forbids {
		o.Users = []*server.User{
			{Username: "front", Password: "x", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"helix.work.a"}}}},
			{Username: "back", Password: "x"},
		}
		o.NoAuthUser = "back"
	}
	s, err := server.NewServer(o)
	if err != nil {
		return err
	}
	s.Start()
	<-ctx.Done()
	s.Shutdown()
	return nil
}

func playWorker(ctx context.Context, address, node string) error {
	c := helix.DefaultConfig()
	c.Policy, c.BackpressureBusyThreshold, c.InlineThreshold, c.SpawnThreshold = helix.PolicyThreshold, 1<<20, 1, 2
	r, err := helix.New(c)
	if err != nil {
		return err
	}
	if _, err := registerSleep(r); err != nil {
		return err
	}
	conn, err := remote.Dial(remote.Options{URL: "nats://" + address, Node: node})
	if err != nil {
		return err
	}
	w, err := remote.NewWorker(conn, r, remote.WorkerOptions{})
	if err != nil {
		return err
	}
	<-ctx.Done()
	end, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(w.Close(end), r.Close(end))
}

func playLiar(ctx context.Context, address, node string) error {
	nc, err := nats.Connect("nats://"+address, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1))
	if err != nil {
		return err
	}
	const load = "0 0 64 0 1000 false"
	if _, err := nc.Subscribe("helix.work."+node, func(m *nats.Msg) { // one at a time
		time.Sleep(200 * time.Millisecond)
		a := nats.NewMsg(m.Reply)
		for name, value := range map[string]string{"Helix-Node": node, "Helix-Status": "done", "Helix-Load": load} {
			a.Header.Set(name, value)
		}
		a.Data = []byte(`"lie"`)
		_ = nc.PublishMsg(a)
	}); err != nil {
		return err
	}
	for {
		m := nats.NewMsg("helix.load." + node)
		m.Header.Set("Helix-Load", load)
		m.Data = []byte("sleep")
		_ = nc.PublishMsg(m)
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil
		}
	}
}

// registerSleep adds a kind that sleeps for as long as its input says.
func registerSleep(r *helix.Router) (*helix.Handle[time.Duration, string], error) {
	return helix.Register(r, helix.Kind[time.Duration, string]{
		Name: "sleep", Idempotent: true, Codec: helix.JSON[time.Duration, string](), Units: func(d time.Duration) uint64 { return uint64(d / time.Millisecond) },
		Run: func(ctx context.Context, d time.Duration) (string, error) {
			select {
			case <-time.After(d):
				return "slept", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		},
	})
}

// actor starts a process of a fleet.
func actor(t *testing.T, role, node, address string) *exec.Cmd {
	t.Helper()
	p := exec.Command(os.Args[0])
	if role == roleReal {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		p = exec.Command("nats-server", "-a", host, "-p", port)
	}
	p.Env = append(os.Environ(), "HELIX_FLEET_ROLE="+role, "HELIX_FLEET_NODE="+node, "HELIX_FLEET_ADDRESS="+address)
	if role != roleReal { // whose log is long
		p.Stderr = os.Stderr
	}
	if _, err := p.StdinPipe(); err != nil { // it ends with this process
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { finish(p, syscall.SIGKILL) })
	return p
}

// finish ends a process with a signal, and waits.
func finish(p *exec.Cmd, s os.Signal) {
	_ = p.Process.Signal(s)
	_ = p.Wait()
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// link is a network between a worker and the server, which can be cut and slowed.
type link struct {
	listener net.Listener
	to       string
	cut      atomic.Bool  // nothing goes through, and nobody is told
	delay    atomic.Int64 // ns, of each piece
	all      sync.WaitGroup
	mu       sync.Mutex
	open     []net.Conn
}

func newLink(t *testing.T, to string) *link {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &link{listener: l, to: to}
	k.all.Go(k.accept)
	t.Cleanup(func() {
		_ = l.Close()
		k.mu.Lock()
		for _, c := range k.open {
			_ = c.Close()
		}
		k.mu.Unlock()
		k.all.Wait()
	})
	return k
}

func (k *link) accept() {
	for {
		in, err := k.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", k.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		k.mu.Lock()
		k.open = append(k.open, in, out)
		k.mu.Unlock()
		k.all.Go(func() { k.pipe(out, in) })
		k.all.Go(func() { k.pipe(in, out) })
	}
}

// pipe carries one direction. What comes while the link is cut waits for it to be whole, as TCP's resending would have it.
func (k *link) pipe(to, from net.Conn) {
	defer func() { _ = to.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		time.Sleep(time.Duration(k.delay.Load()))
		for k.cut.Load() {
			time.Sleep(5 * time.Millisecond)
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
