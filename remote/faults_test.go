package remote_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote"
)

// The load of every fault: jobs that sleep, so that a small machine can be a fleet.
const (
	faultRate   = 300 // jobs a second
	faultLength = 5 * time.Millisecond
	faultBudget = 200 * time.Millisecond
	faultBefore = time.Second
	faultAfter  = 2 * time.Second
	// faultHang is by how much a submit may be longer than its budget: what the scheduler of a busy machine takes.
	faultHang = 100 * time.Millisecond
)

// stage is a real fleet: a server, the workers a and b in processes of their own, a on a link that can be cut, and a
// router in this process that sends every job it can.
type stage struct {
	t       *testing.T
	address string
	role    string // of the server
	server  *exec.Cmd
	client  *remote.Client
	link    *link
	a, b    *exec.Cmd
}

// fault is something that goes wrong for some time.
type fault struct {
	name  string
	lasts time.Duration
	role  string // of the server
	a     string // role of worker a
	user  string // of the front
	begin func(s *stage)
	end   func(s *stage)
}

func faults(t *testing.T) []fault {
	stopped := 3 * time.Second
	if text := os.Getenv("HELIX_FAULTS_STOP"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		stopped = d
	}
	nothing := func(*stage) {}
	return []fault{
		{name: "none", lasts: time.Second, begin: nothing, end: nothing},
		{name: "worker killed", lasts: 2 * time.Second,
			begin: func(s *stage) { finish(s.a, syscall.SIGKILL) },
			end:   func(s *stage) { s.a = actor(s.t, roleWorker, "a", s.link.listener.Addr().String()) }},
		{name: fmt.Sprint("worker stopped for ", stopped), lasts: stopped,
			begin: func(s *stage) { _ = s.a.Process.Signal(syscall.SIGSTOP) },
			end:   func(s *stage) { _ = s.a.Process.Signal(syscall.SIGCONT) }},
		{name: "worker drains", lasts: 2 * time.Second,
			begin: func(s *stage) { finish(s.a, syscall.SIGTERM) },
			end:   func(s *stage) { s.a = actor(s.t, roleWorker, "a", s.link.listener.Addr().String()) }},
		{name: "server killed", lasts: 2 * time.Second,
			begin: func(s *stage) { finish(s.server, syscall.SIGKILL) },
			end:   func(s *stage) { s.server = actor(s.t, s.role, "", s.address) }},
		{name: "link cut", lasts: 3 * time.Second,
			begin: func(s *stage) { s.link.cut.Store(true) },
			end:   func(s *stage) { s.link.cut.Store(false) }},
		{name: "link 30 ms slow", lasts: 2 * time.Second,
			begin: func(s *stage) { s.link.delay.Store(int64(30 * time.Millisecond)) },
			end:   func(s *stage) { s.link.delay.Store(0) }},
		{name: "worker lies", lasts: 3 * time.Second, a: roleLiar, begin: nothing, end: nothing},
		{name: "subject forbidden", lasts: time.Second, role: roleForbidden, user: "front", begin: nothing, end: nothing},
	}
}

// sample is one job of the load.
type sample struct {
	due, took time.Duration
	good      bool
	err       error
}

// TestFaults shows what a fleet does when its parts fail, under load: nothing hangs, nothing is lost from the books, and how long
// it takes until all jobs are in time again. HELIX_FAULTS_STOP=10s is the full time of a worker that is stopped.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes and stops them, for some 50 seconds")
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-26s %7s %7s %7s %12s %12s %10s %7s %7s\n", "fault", "before", "during", "after", "in time from", "a back after", "longest", "remote", "retries")
	for _, x := range faults(t) {
		t.Run(x.name, func(t *testing.T) { table.WriteString(playFault(t, x)) })
	}
	t.Log(table.String())
}

func playFault(t *testing.T, x fault) string {
	s := &stage{t: t, address: freeAddress(t), role: cmp.Or(x.role, roleServer)}
	s.server = actor(t, s.role, "", s.address)
	s.link = newLink(t, s.address)
	s.a = actor(t, cmp.Or(x.a, roleWorker), "a", s.link.listener.Addr().String())
	s.b = actor(t, roleWorker, "b", s.address)
	conn, err := remote.Dial(remote.Options{URL: "nats://" + s.address, Node: "front", User: x.user, Password: "x"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client, err := remote.NewClient(conn, remote.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	s.client = client
	r, err := helix.New(helix.DefaultConfig(), helix.WithTransport(client), helix.WithPolicy(sender{}))
	if err != nil {
		t.Fatal(err)
	}
	h, err := registerSleep(r)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); len(client.Fleet().Peers) < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("two workers are not heard in 10 s: %+v", client.Fleet())
		}
	}
	samples, back := s.load(t, x, h)
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
	l := r.Stats().Ledger
	if l.Imbalance != 0 || l.InFlight != 0 || l.Submitted != uint64(len(samples)) || l.Submitted != l.Done+l.Failed+l.Panicked+l.Canceled+l.Expired+l.Shed {
		t.Errorf("the ledger does not balance: %+v, %d jobs", l, len(samples))
	}
	return judge(t, x, samples, back, client.Fleet(), r)
}

// doneAt is how many jobs worker a has done.
func (s *stage) doneAt() uint64 {
	for _, p := range s.client.Fleet().Peers {
		if p.Name == "a" {
			return p.Done
		}
	}
	return 0
}

// load feeds jobs at their time whatever becomes of the others, and lets the fault happen. back is how long after the
// fault worker a has done a job again; 0 = it has not.
func (s *stage) load(t *testing.T, x fault, h *helix.Handle[time.Duration, string]) (samples []sample, back time.Duration) {
	var mu sync.Mutex
	var all sync.WaitGroup
	chance := rand.New(rand.NewPCG(1, 2))
	began := time.Now()
	all.Go(func() {
		time.Sleep(faultBefore)
		x.begin(s)
		time.Sleep(time.Until(began.Add(faultBefore + x.lasts)))
		x.end(s)
		before := s.doneAt()
		for ended := time.Now(); time.Since(ended) < faultAfter && back == 0; time.Sleep(5 * time.Millisecond) {
			if s.doneAt() > before {
				back = time.Since(ended)
			}
		}
	})
	for due := time.Duration(0); due < faultBefore+x.lasts+faultAfter; due += time.Duration(chance.ExpFloat64() / faultRate * float64(time.Second)) {
		time.Sleep(due - time.Since(began))
		all.Go(func() {
			sent := time.Now()
			_, err := h.Do(t.Context(), faultLength, helix.Budget(faultBudget))
			one := sample{due: due, took: time.Since(sent), err: err}
			one.good = err == nil && one.took <= faultBudget
			mu.Lock()
			defer mu.Unlock()
			samples = append(samples, one)
		})
	}
	all.Wait()
	slices.SortFunc(samples, func(a, b sample) int { return cmp.Compare(a.due, b.due) })
	return samples, back
}

// judge checks what must hold of every fault, and returns its row.
func judge(t *testing.T, x fault, samples []sample, back time.Duration, fleet helix.Fleet, r *helix.Router) string {
	var good, all [3]int
	longest, lastBad := time.Duration(0), time.Duration(0)
	first := ""
	for _, s := range samples {
		phase := 0
		switch {
		case s.due >= faultBefore+x.lasts:
			phase = 2
		case s.due >= faultBefore:
			phase = 1
		}
		all[phase]++
		longest = max(longest, s.took)
		switch {
		case s.good:
			good[phase]++
			continue
		case phase > 0:
			lastBad = s.due - faultBefore
		}
		if first == "" && !errors.Is(s.err, helix.ErrShed) {
			first = fmt.Sprint(s.err)
		}
	}
	share := func(i int) float64 { return float64(good[i]) / float64(max(all[i], 1)) }
	if longest > faultBudget+faultHang {
		t.Errorf("a submit took %v of a budget of %v", longest, faultBudget)
	}
	if share(2) < 0.9 {
		t.Errorf("after the fault %.3f of the jobs are in time; the first error: %s", share(2), first)
	}
	var sent uint64
	for _, k := range r.Stats().Strategies {
		if k.Strategy == helix.Remote {
			sent = k.Count
		}
	}
	if sent == 0 {
		t.Error("no job left")
	}
	return fmt.Sprintf("%-26s %7.3f %7.3f %7.3f %9.0f ms %9.0f ms %7.0f ms %7.3f %7d\n", x.name, share(0), share(1), share(2),
		lastBad.Seconds()*1e3, back.Seconds()*1e3, longest.Seconds()*1e3, float64(sent)/float64(len(samples)), fleet.Retries+fleet.Hedges)
}

// TestRealServer plays some of the faults with NATS' own binary, as Debian has it: an older server than the embedded one.
func TestRealServer(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes and stops them, for some 20 seconds")
	}
	if _, err := exec.LookPath("nats-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("nats-server is missing: .ci/tools gets it")
		}
		t.Skip("nats-server is not installed: apt-get install nats-server")
	}
	for _, x := range faults(t) {
		if x.role == "" && (x.name == "none" || x.name == "worker killed" || x.name == "worker drains" || x.name == "server killed") {
			x.role = roleReal
			t.Run(x.name, func(t *testing.T) { t.Log(playFault(t, x)) })
		}
	}
}
