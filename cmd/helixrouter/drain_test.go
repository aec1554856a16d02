package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

const drainedJob = `{"id":1,"kind":"Wait","inputs":[],"compute_cost":60000,"scaling_potential":0.5,"latency_budget_ms":0}`

// draining is a daemon that serves one job, of a kind that waits for its context or
// for free, and has begun to drain.
func draining(t *testing.T, timeout, job string) (d *daemon, free chan struct{}, answer chan string, ended chan error) {
	t.Helper()
	d, _ = opened(t, nil, "--sim-jobs=0", "--drain-timeout="+timeout)
	free, answer, ended = make(chan struct{}), make(chan string, 1), make(chan error, 1)
	_, err := helix.Register(d.router, helix.Kind[helix.Job, []helix.Output]{Name: "Wait", Run: func(ctx context.Context, _ helix.Job) ([]helix.Output, error) {
		select {
		case <-free:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	d.doors.serve(d.served)
	go func() { answer <- post(d, job) }()
	for end := time.Now().Add(5 * time.Second); d.router.Stats().Ledger.InFlight == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the job does not run")
		}
	}
	go func() { ended <- d.drain("test", nil) }()
	<-d.stopping
	return d, free, answer, ended
}

// post submits a job and returns the status and what came with it.
func post(d *daemon, job string) string {
	got, err := http.Post(d.url()+"/api/jobs", "application/json", strings.NewReader(job))
	if err != nil {
		return err.Error()
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		return err.Error()
	}
	return got.Status + " Retry-After: " + got.Header.Get("Retry-After") + " " + string(text)
}

// TestDrainAnswersMeanwhile: while a job finishes, who comes is told to go elsewhere.
func TestDrainAnswersMeanwhile(t *testing.T) {
	d, free, answer, ended := draining(t, "20s", drainedJob)
	ready, err := http.Get(d.url() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	ready.Body.Close()
	if ready.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %s", ready.Status)
	}
	refused := post(d, drainedJob)
	for end := time.Now().Add(5 * time.Second); !strings.Contains(refused, `"reason":"closed"`) && time.Now().Before(end); {
		refused = post(d, drainedJob)
	}
	if !strings.HasPrefix(refused, "503 Service Unavailable Retry-After: 1 ") {
		t.Errorf("a new job: %s", refused)
	}
	close(free)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := <-answer; !strings.HasPrefix(got, "200 OK") {
		t.Errorf("the admitted job: %s", got)
	}
}

// TestDrainCutsShort: the client of a job that the timeout canceled is told so.
func TestDrainCutsShort(t *testing.T) {
	for name, job := range map[string]string{
		"pool": drainedJob, "inline": strings.Replace(drainedJob, "60000", "1", 1), "array": "[" + drainedJob + "]",
	} {
		_, _, answer, ended := draining(t, "200ms", job)
		err := <-ended
		var exit *exitError
		if !errors.As(err, &exit) || exit.code != exitLeftovers || !strings.HasPrefix(err.Error(), "1 jobs were canceled at the end of the drain timeout of 200ms") {
			t.Errorf("%s: got %v, want exit code %d", name, err, exitLeftovers)
		}
		if got := <-answer; !strings.Contains(got, `"status":503`) || !strings.Contains(got, `"reason":"closed"`) {
			t.Errorf("%s: the client of the canceled job got %s", name, got)
		}
	}
}

// TestDrainOfNothing takes no time.
func TestDrainOfNothing(t *testing.T) {
	d, errs := opened(t, nil, "--sim-jobs=0", "--drain-timeout=20s")
	d.doors.serve(d.served)
	begun := time.Now()
	if err := d.drain("test", nil); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	if text := errs.String(); strings.Contains(text, "<nil>") || !strings.Contains(text, "timeout_seconds=20") {
		t.Errorf("the log is\n%s", text)
	}
}
