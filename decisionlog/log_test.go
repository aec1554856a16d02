package decisionlog_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/decisionlog"
	"github.com/helixrouter/helix/workload"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, path string, o decisionlog.Options) *decisionlog.Log {
	t.Helper()
	l, err := decisionlog.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func read(t *testing.T, path string) []workload.Entry {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	entries, cut, err := workload.ReadLog(bytes.NewReader(text))
	if err != nil || cut {
		t.Fatalf("%v, cut %v", err, cut)
	}
	return entries
}

// router is one that tells a log of its jobs.
func router(t *testing.T, options ...helix.Option) *helix.Router {
	t.Helper()
	c := helix.DefaultConfig()
	c.Policy = helix.PolicyThreshold
	r, err := helix.New(c, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	return r
}

func TestEveryJobIsInTheLogOnceWithItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	l := open(t, path, decisionlog.Options{})
	r := router(t, helix.WithTracer(l))
	errBroken := errors.New("broken")
	run := func(h helix.Hint, fn func(context.Context) (int, error)) {
		_, _ = helix.Do(context.Background(), r, h, fn)
	}
	fine := func(context.Context) (int, error) { time.Sleep(time.Millisecond); return 1, nil }
	run(helix.Hint{Kind: "cheap", Cost: 10, Budget: 1500 * time.Microsecond, Tenant: "acme", Class: helix.ClassCritical}, fine)
	run(helix.Hint{Kind: "moderate", Cost: 9000, Scaling: 0.25}, fine)
	run(helix.Hint{Kind: "heavy"}, func(context.Context) (int, error) { return 0, errBroken })
	run(helix.Hint{Kind: "panics", Cost: 9000}, func(context.Context) (int, error) { panic("no") })
	if err := r.InjectPressure(1, "test", time.Minute); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond) // a tick of an idle router
	run(helix.Hint{Kind: "late", Cost: 10}, fine)
	if err := l.Close(); err != nil || l.Lost() != 0 {
		t.Fatalf("%v, %d lost", err, l.Lost())
	}
	entries := read(t, path)
	var got []string
	for _, e := range entries {
		got = append(got, e.Kind+" "+e.Decided.Strategy.String()+" "+e.Decided.Reason.String()+" "+e.Decided.Outcome.String())
	}
	want := []string{"cheap inline cheap done", "moderate spawn moderate done", "heavy cpu_pool heavy failed", "panics spawn moderate panicked", "late drop busy_gate shed"}
	if !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	e := &entries[0]
	if e.Tenant != "acme" || e.Class != helix.ClassCritical || e.BudgetSeconds != 0.0015 || e.LatencyBudgetMS != 2 || e.ComputeCost != 10 ||
		e.ServiceSeconds < 0.001 || e.Decided.Propensity != 1 || e.InTime() != (e.Decided.RunSeconds <= 0.0015) {
		t.Errorf("%+v %+v", e, e.Decided)
	}
	if e = &entries[1]; e.ScalingPotential != 0.25 || e.AtSeconds < entries[0].AtSeconds || !e.InTime() || e.Budget() != 0 {
		t.Errorf("%+v", e)
	}
	workload.Complete(entries)
	if entries[4].ServiceSeconds != 0 {
		t.Errorf("a kind that never ran is said to take %v s", entries[4].ServiceSeconds)
	}
}

func TestALogTurnsAtItsBoundAndKeepsTheFileBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	if err := os.WriteFile(path, []byte("from an earlier life\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := open(t, path, decisionlog.Options{MaxBytes: 4000})
	if text, err := os.ReadFile(path + ".1"); err != nil || string(text) != "from an earlier life\n" {
		t.Fatalf("%q, %v", text, err)
	}
	r := router(t, helix.WithTracer(l))
	for range 100 {
		_, _ = helix.Do(context.Background(), r, helix.Hint{Kind: "cheap", Cost: 1}, func(context.Context) (int, error) { return 1, nil })
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	now, before := read(t, path), read(t, path+".1")
	if len(now)+len(before) > 40 || len(before) < 5 || len(now) == 0 && len(before) == 0 {
		t.Errorf("%d and %d entries in two files of 4000 bytes", len(now), len(before))
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestALogThatCannotBeWrittenIsAnErrorAtOnce(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{"a directory": dir, "in no directory": filepath.Join(dir, "none", "log")} {
		if l, err := decisionlog.Open(path, decisionlog.Options{}); err == nil || !strings.Contains(err.Error(), "decision log") {
			_ = l.Close()
			t.Errorf("%s: %v", name, err)
		}
	}
}

// counts is a tracer beside the log.
type counts struct{ jobs, batches, ran, ended int }

func (c *counts) Trace(context.Context) helix.JobTrace { c.jobs++; return c }
func (c *counts) Batch(ctx context.Context, b helix.TracedBatch) (context.Context, func(time.Time, bool)) {
	c.batches += len(b.Members)
	return ctx, func(time.Time, bool) {}
}
func (c *counts) Run(ctx context.Context, _ helix.TracedJob) context.Context { c.ran++; return ctx }
func (*counts) Returned(helix.TracedJob)                                     {}
func (c *counts) Ended(helix.TracedJob)                                      { c.ended++ }

func TestALogAndAnotherTracerAreBothTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	l, c := open(t, path, decisionlog.Options{}), &counts{}
	r := router(t, helix.WithTracer(c), helix.WithTracer(nil), helix.WithTracer(l))
	h, err := helix.Register(r, helix.Kind[int, int]{
		Name: "double", Run: func(_ context.Context, x int) (int, error) { return 2 * x, nil },
		Batch: func(_ context.Context, xs []int) ([]helix.Result[int], error) {
			return make([]helix.Result[int], len(xs)), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, cost := range []helix.Cost{1, 90_000} {
		if _, err := h.Do(context.Background(), 1, cost, helix.Scaling(1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if *c != (counts{2, 1, 2, 2}) || len(read(t, path)) != 2 {
		t.Errorf("%+v, and %d in the log", *c, len(read(t, path)))
	}
}
