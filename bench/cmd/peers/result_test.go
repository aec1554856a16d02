package main

import (
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/loadgen"
	"github.com/helixrouter/helix/internal/report"
)

func TestEveryCellIsShownAndTheLateOnesAreMarked(t *testing.T) {
	row := func(policy string, load, ratio, lag float64) loadgen.Cell {
		return loadgen.Cell{Row: report.Row{Policy: policy, Scenario: "steady", Load: load, RatioToBound: ratio, GeneratorLagSeconds: lag}}
	}
	r := &result{
		scenarios: []string{"steady"}, loads: []float64{0.5, 2}, subjects: []string{"helix-threshold", "edf"},
		Settings: map[string]string{"edf": "earliest first"},
		Rows: []loadgen.Cell{row("helix-threshold", 0.5, 1, 0.0001), row("edf", 0.5, 0.9, 0.0002),
			row("helix-threshold", 2, 0.95, 0.001), row("edf", 2, 0.7, 0.0002)},
	}
	got := r.markdown()
	for _, want := range []string{"| | 0.5x | 2x |", "| helix-threshold | **1.000** | (0.950) |", "| edf | 0.900 | **0.700** |", "- **edf**: earliest first"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Count(got, "| helix-threshold |") != 3 {
		t.Error("a row is missing")
	}
}

func TestUnknownSubjectsAreRefused(t *testing.T) {
	p := plan{subjects: []string{"edf", "magic"}, matrix: loadgen.Matrix{Cores: 2, Duration: time.Second}}
	if err := p.choose(); err == nil || !strings.Contains(err.Error(), "go-zero") {
		t.Error(err)
	}
	p = plan{subjects: []string{"edf", "pond"}}
	p.matrix.Cores = 2
	if err := p.choose(); err != nil || len(p.matrix.Makers) != 2 {
		t.Error(err, len(p.matrix.Makers))
	}
}
