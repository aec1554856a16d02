package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helixrouter/helix/internal/report"
	"github.com/helixrouter/helix/internal/scenario"
)

func runSimulate(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	c := simulateCommand(&out, io.Discard)
	c.SetArgs(args)
	c.SetErr(io.Discard)
	c.SilenceUsage, c.SilenceErrors = true, true
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func simulated(t *testing.T, args ...string) (rows []report.Row) {
	t.Helper()
	text, err := runSimulate(t, append(args, "--json")...)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return rows
}

func TestSimulateGivesTheSameBytesForTheSameSeed(t *testing.T) {
	args := []string{"--scenario", "mixed", "--seed", "7", "--duration", "5s", "--json"}
	first, err := runSimulate(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := runSimulate(t, args...); err != nil || again != first {
		t.Errorf("%v\n%s\n%s", err, first, again)
	}
	args[3] = "8"
	if other, err := runSimulate(t, args...); err != nil || other == first {
		t.Errorf("%v: another seed gives the same", err)
	}
}

func TestSimulateRunsAllScenariosAndDraws(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "charts")
	rows := simulated(t, "--scenario", "all", "--load", "0.5,2", "--duration", "1s", "--cores", "8", "--seeds", "2", "--svg", dir)
	if len(rows) != 2*len(scenario.Names()) || rows[0].Cores != 8 || rows[0].Seeds != 2 {
		t.Fatalf("%d rows, first %+v", len(rows), rows[0])
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2*len(scenario.Names()) {
		t.Errorf("%d files, %v", len(files), err)
	}
	text, err := runSimulate(t, "--load", "0.5", "--duration", "1s")
	if err != nil || !strings.HasPrefix(text, "policy ") || strings.Count(text, "\n") != 2 {
		t.Errorf("%v, %q", err, text)
	}
}

// handmadeTrace is three jobs of 10 ms on one core: two at once, and one that comes when they are gone.
const handmadeTrace = `{"id":1,"kind":"HashMix","inputs":[],"compute_cost":70000,"scaling_potential":0.3,"latency_budget_ms":15,"at_seconds":0.1,"service_seconds":0.01}
{"id":2,"kind":"HashMix","inputs":[],"compute_cost":70000,"scaling_potential":0.3,"latency_budget_ms":30,"at_seconds":0.1,"service_seconds":0.01}
{"id":3,"kind":"HashMix","inputs":[],"compute_cost":70000,"scaling_potential":0.3,"latency_budget_ms":15,"at_seconds":0.2,"service_seconds":0.01}
`

func TestSimulateRunsATrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	if err := os.WriteFile(path, []byte(handmadeTrace), 0o600); err != nil {
		t.Fatal(err)
	}
	rows := simulated(t, "--policy", "threshold", "--trace", path, "--cores", "1")
	if len(rows) != 1 {
		t.Fatalf("%+v", rows)
	}
	// The first two share the core and end 20 ms after they came, the first of them late.
	if r := rows[0]; r.Scenario != "trace" || r.Offered != 3 || r.Late != 1 || r.BoundFraction != 1 || r.GoodputFraction != 2./3 {
		t.Errorf("%+v", r)
	}
	if rows := simulated(t, "--trace", path, "--load", "0.1,1"); len(rows) != 2 || rows[1].Load != 1 {
		t.Errorf("%+v", rows)
	}
}

func TestSimulateNamesWhatIsWrong(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.jsonl")
	if err := os.WriteFile(broken, []byte(handmadeTrace+"{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"heavy-tail":           {"--scenario", "calm"},
		"threshold":            {"--policy", "guess"},
		"load":                 {"--load", "-1"},
		"cores":                {"--cores", "0"},
		"duration":             {"--duration", "0s"},
		"seeds":                {"--seeds", "0"},
		"no such file":         {"--trace", filepath.Join(t.TempDir(), "none")},
		"trace line 4":         {"--trace", broken},
		"exclude each other":   {"--trace", broken, "--scenario", "mixed"},
		"unknown flag: --sped": {"--sped", "1"},
	} {
		if _, err := runSimulate(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q in it", args, err, want)
		}
	}
}
