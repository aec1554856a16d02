package report_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helixrouter/helix/internal/report"
)

func rowsToDraw() (rows []report.Row) {
	for _, scenario := range []string{"mixed", "steady"} {
		for _, load := range []float64{0.5, 0.9, 1.2, 2, 5, 10} {
			for i, policy := range []string{"threshold", "adaptive"} {
				r := sample()
				r.Policy, r.Scenario, r.Load = policy, scenario, load
				r.Offered = int(1000 * load)
				r.BoundFraction = min(1, 1.1/load)
				r.GoodputFraction = r.BoundFraction * []float64{0.5, 0.9}[i]
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func TestChartsAreDrawnForEachScenario(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := report.WriteSVG(dir, rowsToDraw()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"goodput-mixed.svg", "latency-mixed.svg", "goodput-steady.svg", "latency-steady.svg"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(bytes.NewReader(text))
		for err == nil {
			_, err = d.Token()
		}
		if err != io.EOF || !strings.Contains(string(text), "adaptive") || !strings.Contains(string(text), "offered load") {
			t.Errorf("%s: %v", name, err)
		}
	}
	again := t.TempDir()
	if err := report.WriteSVG(again, rowsToDraw()); err != nil {
		t.Fatal(err)
	}
	a, _ := os.ReadFile(filepath.Join(dir, "latency-mixed.svg"))
	b, _ := os.ReadFile(filepath.Join(again, "latency-mixed.svg"))
	if !bytes.Equal(a, b) {
		t.Error("the same rows give other bytes")
	}
}

func TestChartsOfNothingMuch(t *testing.T) {
	r := sample()
	r.GoodputFraction, r.P50Seconds, r.P99Seconds = 0, 0, 0
	if err := report.WriteSVG(t.TempDir(), []report.Row{r}); err != nil {
		t.Error(err)
	}
	if err := report.WriteSVG(t.TempDir(), nil); err != nil {
		t.Error(err)
	}
}

func TestADirectoryThatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := report.WriteSVG(file, rowsToDraw()); err == nil {
		t.Error("no error")
	}
}
