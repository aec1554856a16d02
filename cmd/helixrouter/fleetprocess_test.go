package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// freeAddress is a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// eventually waits for what a process has to do within seconds.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not in 20 s: " + what)
		}
	}
}

func TestAFleetOfTheSameBinary(t *testing.T) {
	at := freeAddress(t)
	store := t.TempDir()
	front := start(t, nil, "--sim-jobs", "0", "--node", "front", "--cluster-listen", at, "--cluster-store", store, "--fleet-share", "config,weights").serving()
	worker := start(t, []string{"HELIX_NATS=nats://" + at, "HELIX_FLEET_SHARE=config"}, "worker", "--node", "back").serving()
	eventually(t, "both are part of it", func() bool {
		return strings.Contains(front.errors(), "part of a fleet") && strings.Contains(worker.errors(), `msg="connected with NATS"`)
	})
	eventually(t, "the front knows the worker", func() bool {
		_, text := front.get("/api/fleet")
		return strings.Contains(text, `"name":"back"`) && strings.Contains(text, `"state":"ready"`)
	})
	file := filepath.Join(t.TempDir(), "fleet.json")
	if err := os.WriteFile(file, []byte(`{"cpu_parallelism": 3}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := invoke(t.Context(), nil, "config", "push", file, "--nats", "nats://"+at); code != exitOK || !strings.Contains(out, "revision 1") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	eventually(t, "both have the configuration", func() bool {
		return strings.Contains(front.errors(), "the fleet's configuration is live") && strings.Contains(worker.errors(), "the fleet's configuration is live")
	})
	for _, p := range []*process{worker, front} {
		p.signal(syscall.SIGTERM)
		p.end(exitOK)
	}
}

func TestDaemonsFormAMesh(t *testing.T) {
	at := freeAddress(t)
	one := start(t, nil, "--sim-jobs", "0", "--node", "one", "--cluster-mesh", at).serving()
	two := start(t, nil, "--sim-jobs", "0", "--node", "two", "--cluster-mesh", freeAddress(t), "--cluster-routes", at).serving()
	eventually(t, "each knows the other", func() bool {
		_, first := one.get("/api/fleet")
		_, second := two.get("/api/fleet")
		return strings.Contains(first, `"name":"two"`) && strings.Contains(second, `"name":"one"`)
	})
	for _, p := range []*process{one, two} {
		p.signal(syscall.SIGTERM)
		p.end(exitOK)
	}
}

func TestFlagsOfAFleet(t *testing.T) {
	for _, x := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"worker"}, exitUsage, "a worker needs a fleet"},
		{[]string{"--nats", "http://x"}, exitUsage, "must be nats://"},
		{[]string{"--nats", "nats://127.0.0.1:1", "--cluster"}, exitUsage, "exclude each other"},
		{[]string{"--cluster-routes", "127.0.0.1:1"}, exitUsage, "needs --cluster-mesh"},
		{[]string{"--fleet-share", "secrets", "--cluster"}, exitUsage, "must be weights, config"},
		{[]string{"--fleet-share", "weights"}, exitUsage, "needs a fleet"},
		{[]string{"--cluster", "--node", "a.b"}, exitUsage, "must be 1 to 64 letters"},
		{[]string{"--cluster-listen", "0.0.0.0:4222"}, exitFailure, "can be reached from beyond this machine"},
		{[]string{"--cluster", "--fleet-cert", "x"}, exitUsage, "belong together"},
		{[]string{"--cluster", "--fleet-secret-file", "/nowhere/secret"}, exitUsage, "/nowhere/secret"},
		{[]string{"--durable"}, exitUsage, "needs a fleet"},
		{[]string{"--durable", "--cluster"}, exitUsage, "needs a store"},
		{[]string{"enqueue", "/nowhere/jobs.jsonl"}, exitUsage, "--nats is needed"},
		{[]string{"enqueue", "/nowhere/jobs.jsonl", "--nats", "nats://127.0.0.1:1"}, exitUsage, "no such file"},
		{[]string{"enqueue", "x", "--nats", "nats://127.0.0.1:1", "--prefix", "a b"}, exitUsage, "--prefix"},
		{[]string{"config", "push", "/nowhere/config.json"}, exitUsage, "--nats is needed"},
	} {
		code, _, errs := invoke(t.Context(), nil, x.args...)
		if code != x.code || !strings.Contains(errs, x.want) {
			t.Errorf("%v: exit %d, want %d: %s", x.args, code, x.code, errs)
		}
	}
}

func TestDurableJobsAreDoneByWhoeverTakesThem(t *testing.T) {
	at := freeAddress(t)
	broker := start(t, nil, "--sim-jobs", "0", "--cluster-listen", at, "--cluster-store", t.TempDir()).serving()
	jobs := write(t, "jobs.jsonl", `{"id":1,"kind":"HashMix","inputs":[42,100],"compute_cost":1000,"scaling_potential":0.3,"latency_budget_ms":50}
{"id":2,"kind":"PrimeCount","inputs":[],"compute_cost":10000,"scaling_potential":0.3,"latency_budget_ms":50}
`)
	code, _, errs := invoke(t.Context(), nil, "enqueue", jobs, "--nats", "nats://"+at) // before anybody takes them
	if code != exitOK || !strings.Contains(errs, "enqueued: 2  known already: 0  of: 2") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	worker := start(t, nil, "worker", "--nats", "nats://"+at, "--durable").serving()
	code, out, errs := invoke(t.Context(), nil, "enqueue", jobs, "--nats", "nats://"+at, "--wait", "--timeout", "20s")
	if code != exitOK || !strings.Contains(errs, "known already: 2") ||
		!strings.Contains(out, `{"id":"job-1","status":"done","outputs":[{"U64":10216004649843298165}],"tries":1}`) || !strings.Contains(out, `"outputs":[{"U64":1229}]`) {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	for _, p := range []*process{worker, broker} {
		p.signal(syscall.SIGTERM)
		p.end(exitOK)
	}
}
