package study_test

import (
	"os"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/report"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/study"
)

func TestTable(t *testing.T) {
	rows, err := study.Grid{Policies: []string{"threshold"}, Scenarios: scenario.Names(), Loads: []float64{0.5, 0.9, 1.2, 2, 5, 10}, Cores: 2, Duration: 20 * time.Second, Seed: 1, Seeds: 1}.Run()
	if err != nil {
		t.Fatal(err)
	}
	report.WriteTable(os.Stdout, rows)
}
