package main

import (
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helixrouter/helix/internal/report"
)

func runBench(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	c := benchCommand(&out, io.Discard)
	c.SetArgs(args)
	c.SetErr(io.Discard)
	c.SilenceUsage = true
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func TestBenchPrintsARowForEachPolicyAndLoad(t *testing.T) {
	text, err := runBench(t, "--policy", "threshold,threshold-sized", "--load", "0.3,0.6", "--duration", "100ms", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []report.Row
	if err := json.Unmarshal([]byte(text), &rows); err != nil || len(rows) != 4 {
		t.Fatalf("%v in %s", err, text)
	}
	if r := rows[3]; r.Policy != "threshold-sized" || r.Scenario != "steady" || r.Load != 0.6 || r.Cores != 2 || r.Offered == 0 || r.GeneratorLagSeconds == 0 {
		t.Errorf("%+v", r)
	}
	dir := t.TempDir()
	text, err = runBench(t, "--load", "0.3", "--duration", "50ms", "--svg", dir)
	if err != nil || !strings.HasPrefix(text, "policy ") || !strings.Contains(text, "lag p99") || strings.Count(text, "\n") != 2 {
		t.Errorf("%v, %q", err, text)
	}
	if drawn, err := filepath.Glob(filepath.Join(dir, "*.svg")); err != nil || len(drawn) != 2 {
		t.Errorf("%v, %v", drawn, err)
	}
}

func TestBenchRefusesWhatItCannotRunBeforeItRuns(t *testing.T) {
	for want, args := range map[string][]string{
		"threshold-sized": {"--policy", "magic"},
		"retry-storm":     {"--scenario", "calm"},
		"load":            {"--load", "0.5,-1"},
		"cores":           {"--cores", "0"},
		"duration":        {"--duration", "0s"},
		"--seeds":         {"--seeds", "0"},
	} {
		if _, err := runBench(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
}
