package durable_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote/broker"
	"github.com/helixrouter/helix/remote/durable"
)

// The roles of the processes that the chaos kills, by HELIX_DURABLE_ROLE.
const (
	roleBroker = "broker"
	roleWorker = "worker"
)

func dialChaos(url string) (*nats.Conn, error) {
	return nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond), nats.RetryOnFailedConnect(true))
}

func openChaos(nc *nats.Conn) *durable.Queue {
	for {
		q, err := durable.Open(context.Background(), nc, durable.Options{AckWait: 2 * time.Second})
		if err == nil {
			return q
		}
		time.Sleep(50 * time.Millisecond) // the broker is being killed, too
	}
}

// play is what a process does until it is killed, or its standard input ends.
func play(role string) int {
	address, dir := os.Getenv("HELIX_DURABLE_ADDRESS"), os.Getenv("HELIX_DURABLE_DIR")
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if role == roleBroker {
		if _, err := broker.Start(broker.Options{Listen: address, StoreDir: dir}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		select {}
	}
	log, err := os.OpenFile(filepath.Join(dir, fmt.Sprint("runs-", os.Getpid())), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		return 1
	}
	_, err = helix.Register(r, helix.Kind[int, int]{Name: "work", Codec: helix.JSON[int, int](), Run: func(_ context.Context, n int) (int, error) {
		_, err := fmt.Fprintf(log, "%d\n", n) // one write: a line is there whole or not at all
		time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
		return n, err
	}})
	if err != nil {
		return 1
	}
	nc, err := dialChaos("nats://" + address)
	if err != nil {
		return 1
	}
	if _, err := durable.NewWorker(openChaos(nc), r, durable.WorkerOptions{Concurrency: 16, Tries: 1000}); err != nil {
		return 1
	}
	select {}
}

// cast starts processes and ends them.
type cast struct {
	t       *testing.T
	address string
	store   string // of the broker
	logs    string // of the workers
}

func (c *cast) start(role, dir string) *exec.Cmd {
	p := exec.Command(os.Args[0])
	p.Env = append(os.Environ(), "HELIX_DURABLE_ROLE="+role, "HELIX_DURABLE_ADDRESS="+c.address, "HELIX_DURABLE_DIR="+dir)
	p.Stderr = os.Stderr
	if _, err := p.StdinPipe(); err != nil { // it ends with this process
		c.t.Error(err)
	}
	if err := p.Start(); err != nil {
		c.t.Error(err)
	}
	return p
}

func kill(p *exec.Cmd) {
	_ = p.Process.Kill()
	_ = p.Wait()
}

// chaos kills workers at random and the broker now and then, until told to stop; it leaves all of them running.
func (c *cast) chaos(quit <-chan struct{}, workers int) (kills, brokerKills int, stop func()) {
	server := c.start(roleBroker, c.store)
	all := make([]*exec.Cmd, workers)
	for i := range all {
		all[i] = c.start(roleWorker, c.logs)
	}
	for round := 1; ; round++ {
		select {
		case <-quit:
			return kills, brokerKills, func() {
				for _, p := range append(all, server) {
					kill(p)
				}
			}
		case <-time.After(time.Duration(200+rand.IntN(300)) * time.Millisecond):
		}
		if round%6 == 0 {
			kill(server)
			server = c.start(roleBroker, c.store)
			brokerKills++
			continue
		}
		i := rand.IntN(workers)
		kill(all[i])
		all[i] = c.start(roleWorker, c.logs)
		kills++
	}
}

// counted reads how often each job ran.
func (c *cast) counted(jobs int) (times []int, total int) {
	times = make([]int, jobs)
	files, err := filepath.Glob(filepath.Join(c.logs, "runs-*"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			c.t.Fatal(err)
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			n, err := strconv.Atoi(s.Text())
			if err != nil || n < 0 || n >= jobs {
				c.t.Fatalf("%s has a line %q", name, s.Text())
			}
			times[n]++
			total++
		}
		_ = f.Close()
	}
	return times, total
}

// TestNothingIsLostInChaos enqueues jobs while workers are killed at random, and the broker too, each without a warning. Set
// HELIX_CHAOS_JOBS=10000 for the full size.
func TestNothingIsLostInChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for some ten seconds")
	}
	jobs := 600
	if text := os.Getenv("HELIX_CHAOS_JOBS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		jobs = n
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cast{t: t, address: l.Addr().String(), store: t.TempDir(), logs: t.TempDir()}
	_ = l.Close()

	began := time.Now()
	quit := make(chan struct{})
	var acting sync.WaitGroup
	var kills, brokerKills int
	stop := func() {}
	acting.Go(func() { kills, brokerKills, stop = c.chaos(quit, 3) })
	defer func() { stop() }()
	nc, err := dialChaos("nats://" + c.address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	q := openChaos(nc)
	again := enqueueAll(t, q, jobs)
	took := time.Since(began)
	waitEmpty(t, q, time.Duration(jobs)*20*time.Millisecond+time.Minute) // in the midst of it
	close(quit)
	acting.Wait()
	waitEmpty(t, q, time.Minute) // what a kill had taken back

	times, total := c.counted(jobs)
	for n, ran := range times {
		if ran == 0 {
			t.Errorf("job %d was lost", n)
		}
	}
	for n := 0; n < jobs; n += max(jobs/200, 1) {
		if r := result(t, q, fmt.Sprint("job-", n)); r.Status != durable.Done {
			t.Errorf("job %d: %+v", n, r)
		}
	}
	t.Logf("%d jobs in %.1f s (enqueued in %.1f s, %d times again): %d workers and %d brokers killed, %d runs, %d of them duplicates, none lost",
		jobs, time.Since(began).Seconds(), took.Seconds(), again, kills, brokerKills, total, total-jobs)
}

const (
	callers = 8
	// atLeast is how long it takes to enqueue all: the chaos needs its time.
	atLeast = 8 * time.Second
)

// enqueueAll enqueues from several callers, each job until the queue says that it has it.
func enqueueAll(t *testing.T, q *durable.Queue, jobs int) (again int64) {
	var next, repeated atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for n := next.Add(1) - 1; n < int64(jobs); n = next.Add(1) - 1 {
				time.Sleep(atLeast * callers / time.Duration(jobs))
				for try := 0; ; try++ {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					_, err := q.Enqueue(ctx, durable.Job{ID: fmt.Sprint("job-", n), Kind: "work", Payload: fmt.Append(nil, n)})
					cancel()
					if err == nil {
						break
					}
					repeated.Add(1)
					if try > 200 {
						t.Errorf("job %d: %v", n, err)
						break
					}
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	all.Wait()
	return repeated.Load()
}

func waitEmpty(t *testing.T, q *durable.Queue, most time.Duration) {
	t.Helper()
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		s, err := q.Stats(ctx)
		cancel()
		if err == nil && s.Waiting == 0 && s.Running == 0 {
			return
		}
	}
	t.Fatalf("not empty after %v", most)
}
