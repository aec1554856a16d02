package durable_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/helixrouter/helix/remote/durable"
)

// TestRealServer does the same with NATS' own binary, as Debian has it: an older server than the embedded one.
func TestRealServer(t *testing.T) {
	if _, err := exec.LookPath("nats-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("nats-server is missing: .ci/tools gets it")
		}
		t.Skip("nats-server is not installed: apt-get install nats-server")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	p := exec.Command("nats-server", "-a", host, "-p", port, "-js", "-sd", t.TempDir())
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	defer kill(p)
	nc, err := dialChaos("nats://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	q := openChaos(nc)
	var ran runs
	r := router(t, func(_ context.Context, in string) (string, error) {
		if ran.add(in) == 1 && in == "j7" {
			return "", errWork
		}
		return in, nil
	})
	w := worker(t, q, r, durable.WorkerOptions{})
	defer closeIn(t, 5*time.Second, w.Close)
	for i := range 20 {
		enqueue(t, q, job(fmt.Sprint("j", i)))
	}
	for i := range 20 {
		id := fmt.Sprint("j", i)
		got, tries := result(t, q, id), uint64(1)
		if id == "j7" {
			tries = 2
		}
		if got.Status != durable.Done || got.Tries != tries || string(got.Output) != fmt.Sprintf("%q", id) {
			t.Errorf("%s: %+v", id, got)
		}
	}
	emptied(t, q)
}
