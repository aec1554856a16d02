package study_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/report"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/study"
	"github.com/helixrouter/helix/workload"
)

func grid() study.Grid {
	return study.Grid{
		Policies: []string{"threshold"}, Scenarios: []string{"mixed", "retry-storm"}, Loads: []float64{0.5, 2},
		Cores: 2, Duration: 5 * time.Second, Seed: 7, Seeds: 1,
	}
}

func ran(t *testing.T, g study.Grid) []report.Row {
	t.Helper()
	rows, err := g.Run()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestTheSameGridGivesTheSameBytes(t *testing.T) {
	var a, b bytes.Buffer
	g := grid()
	g.Scenarios = scenario.Names()
	for _, out := range []*bytes.Buffer{&a, &b} {
		if err := report.WriteJSON(out, ran(t, g)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("%s\n%s", &a, &b)
	}
}

func TestEveryCellHasItsRow(t *testing.T) {
	var seen []int
	g := grid()
	g.Progress = func(done, total int) { seen = append(seen, done, total) }
	rows := ran(t, g)
	if len(rows) != 4 || !slices.Equal(seen, []int{1, 4, 2, 4, 3, 4, 4, 4}) {
		t.Fatalf("%d rows, progress %v", len(rows), seen)
	}
	for i, r := range rows {
		if r.Scenario != g.Scenarios[i/2] || r.Load != g.Loads[i%2] || r.Cores != 2 || r.Policy != "threshold" {
			t.Errorf("row %d: %+v", i, r)
		}
		if r.Offered == 0 || r.RatioToBound <= 0 || r.RatioToBound > 1 || r.GoodputFraction > r.BoundFraction {
			t.Errorf("row %d: %+v", i, r)
		}
	}
}

func TestSeveralSeedsGiveTheirMedian(t *testing.T) {
	g := grid()
	var ratios []float64
	for g.Seed = 7; g.Seed < 10; g.Seed++ {
		ratios = append(ratios, ran(t, g)[0].RatioToBound)
	}
	slices.Sort(ratios)
	g.Seed, g.Seeds = 7, 3
	if r := ran(t, g)[0]; r.RatioLow != ratios[0] || r.RatioToBound != ratios[1] || r.RatioHigh != ratios[2] || r.Seeds != 3 {
		t.Errorf("%+v, want %v", r, ratios)
	}
}

func TestATraceIsAScenario(t *testing.T) {
	var records []workload.Record
	for r, err := range workload.ReadTrace(strings.NewReader(`{"id":1,"kind":"a","inputs":[],"compute_cost":100000,"scaling_potential":0,"latency_budget_ms":20,"at_seconds":0.001,"service_seconds":0.01}
{"id":2,"kind":"a","inputs":[],"compute_cost":100000,"scaling_potential":0,"latency_budget_ms":20,"at_seconds":0.001,"service_seconds":0.01}
{"id":3,"kind":"b","inputs":[],"compute_cost":100000,"scaling_potential":0,"latency_budget_ms":20,"at_seconds":0.001,"service_seconds":0.015}
`)) {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	g := study.Grid{Policies: []string{"threshold"}, Cores: 1, Seeds: 1, Trace: records}
	r := ran(t, g)[0]
	// On one shared core the first two end 30 ms after they came: at 1 ms + 3 x 10 ms.
	if r.Scenario != "trace" || r.Offered != 3 || r.GoodputFraction != 0 || r.Late != 3 || r.BoundFraction < 2./3 {
		t.Errorf("%+v", r)
	}
}

func TestPoliciesMeetTheSameJobs(t *testing.T) {
	g := grid()
	g.Policies, g.Loads = study.Policies(), []float64{2}
	rows := ran(t, g)
	if len(rows) != 2*len(study.Policies()) || rows[0].Offered != rows[1].Offered || rows[0].BoundFraction != rows[1].BoundFraction || rows[0].Shed == rows[1].Shed {
		t.Errorf("%+v", rows)
	}
}

func TestFaultsOfAGridAreNamed(t *testing.T) {
	for want, spoil := range map[string]func(*study.Grid){
		"policy":   func(g *study.Grid) { g.Policies = []string{"guess"} },
		"seeds":    func(g *study.Grid) { g.Seeds = 0 },
		"scenario": func(g *study.Grid) { g.Scenarios = []string{"calm"} },
		"load":     func(g *study.Grid) { g.Loads = []float64{-1} },
		"cores":    func(g *study.Grid) { g.Cores = 0 },
	} {
		g := grid()
		spoil(&g)
		if _, err := g.Run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
