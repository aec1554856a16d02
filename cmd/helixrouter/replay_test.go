package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/decisionlog"
	"github.com/helixrouter/helix/internal/study"
	"github.com/helixrouter/helix/route"
)

// crowd is more jobs at once than the gate of the threshold policy lets in.
func crowd() string {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, `{"id":%d,"kind":"HashMix","inputs":[],"compute_cost":70000,"scaling_potential":0.3,"latency_budget_ms":50,"class":"critical","at_seconds":%g,"service_seconds":0.002}`+"\n",
			100+i, 0.1+0.0001*float64(i))
	}
	return b.String()
}

func TestReplayComparesPolicies(t *testing.T) {
	path := write(t, "trace.jsonl", crowd())
	_, text, errs := invoke(t.Context(), nil, "replay", path, "--json", "--policy", "threshold,adaptive")
	var got study.Replayed
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v in %s%s", err, text, errs)
	}
	if len(got.Policies) != 2 || got.Policies[0].Policy != "threshold" || got.Policies[0].Differs != 0 {
		t.Fatalf("%+v", got.Policies)
	}
	table, adaptive := got.Policies[0], got.Policies[1]
	// Seven of the jobs at once pass the gate.
	if table.Jobs != 30 || table.Shed == 0 || adaptive.Shed >= table.Shed || adaptive.Differs < 10 || adaptive.Goodput <= table.Goodput || adaptive.P99Seconds <= 0 {
		t.Errorf("%+v", got.Policies)
	}
	if len(got.Differences) != 10 {
		t.Fatalf("%d differences", len(got.Differences))
	}
	d := got.Differences[0]
	if d.JobID < 107 || d.Kind != "HashMix" || d.AtSeconds < 0.1 || len(d.Answers) != 2 || d.Answers[0].Reason != route.ReasonBusyGate {
		t.Errorf("%+v", d)
	}
	for i, a := range d.Answers {
		if a.Policy != got.Policies[i].Policy || !strings.HasPrefix(a.Sentence, fmt.Sprintf("HashMix #%d: ", d.JobID)) {
			t.Errorf("%+v", a)
		}
	}
}

func TestReplayGivesTheSameBytes(t *testing.T) {
	path := write(t, "trace.jsonl", crowd())
	for _, form := range [][]string{nil, {"--json"}, {"--cores", "1", "--load", "3"}} {
		args := append([]string{"replay", path}, form...)
		code, first, errs := invoke(t.Context(), nil, args...)
		if code != exitOK || errs != "" || first == "" {
			t.Fatalf("%v: code %d %s", form, code, errs)
		}
		if _, again, _ := invoke(t.Context(), nil, args...); again != first {
			t.Errorf("%v:\n%s\n%s", form, first, again)
		}
	}
}

func TestReplayPrintsATable(t *testing.T) {
	path := write(t, "trace.jsonl", crowd())
	_, text, _ := invoke(t.Context(), nil, "replay", path)
	for _, want := range []string{"policy     jobs  goodput  shed", "adaptive   30    1.000    0 ", "\nThe first jobs that went elsewhere than under adaptive:\n", "  threshold (busy_gate): HashMix #"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	_, text, _ = invoke(t.Context(), nil, "replay", path, "--policy", "adaptive")
	if strings.Count(text, "\n") != 2 {
		t.Errorf("one policy differs from itself:\n%s", text)
	}
}

func TestReplayNamesWhatIsWrong(t *testing.T) {
	good, broken := write(t, "good.jsonl", crowd()), write(t, "broken.jsonl", crowd()+"{\n"+crowd())
	untimed := write(t, "untimed.jsonl", `{"id":1,"kind":"HashMix","inputs":[],"compute_cost":1,"scaling_potential":0,"latency_budget_ms":0}`)
	for want, args := range map[string][]string{
		"accepts 1 arg":     {},
		"no such file":      {filepath.Join(t.TempDir(), "none")},
		"line 31":           {broken},
		"unknown policy":    {good, "--policy", "guess"},
		"cores":             {good, "--cores", "0"},
		"so a load is need": {untimed},
		"the trace is empt": {write(t, "empty.jsonl", "")},
	} {
		code, out, errs := invoke(t.Context(), nil, append([]string{"replay"}, args...)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%v: code %d, %q, want %q in it", args, code, errs, want)
		}
	}
}

// What a daemon decided is the first row, and its jobs run again under other settings.
func TestReplayOfADecisionLogHasWhatWasDecided(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	log, err := decisionlog.Open(path, decisionlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := helix.New(helix.DefaultConfig(), helix.WithTracer(log))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		_, _ = helix.Do(t.Context(), r, helix.Hint{Kind: "nap", Cost: 70_000, Budget: time.Second}, func(context.Context) (int, error) {
			time.Sleep(time.Millisecond)
			return i, nil
		})
	}
	if err := errors.Join(r.Close(t.Context()), log.Close()); err != nil {
		t.Fatal(err)
	}
	code, out, errs := invoke(t.Context(), nil, "replay", path, "--policy", "threshold", "--json", "--set", "backpressure_busy_threshold=1000")
	var got study.Replayed
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
		t.Fatalf("%d, %v, %s", code, err, errs)
	}
	if len(got.Policies) != 2 || got.Policies[0].Policy != "recorded" || got.Policies[0].Goodput != 1 || got.Policies[1].Goodput != 1 || got.Policies[1].Jobs != 60 {
		t.Errorf("%+v", got.Policies)
	}
	if code, _, errs := invoke(t.Context(), nil, "replay", path, "--set", "cpu_queue_cap=0"); code != exitUsage || !strings.Contains(errs, "cpu_queue_cap") {
		t.Errorf("%d, %q", code, errs)
	}
}
