package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/report"
)

func sample() report.Row {
	t := report.Tally{
		Offered: 1000, Good: 600, Late: 100, Shed: 200, Expired: 90, Failed: 10, Bound: 800,
		P50: 1500 * time.Microsecond, P99: 123456789, Wasted: time.Second, CoreTime: 40 * time.Second,
		Decisions: 1200, Duration: 20 * time.Second,
	}
	return t.Row("threshold", "mixed", 1.2, 2)
}

func TestRowsAreMadeOfTallies(t *testing.T) {
	r := sample()
	if r.GoodputFraction != 0.6 || r.BoundFraction != 0.8 || r.RatioToBound != 0.75 || r.WastedCoreFraction != 0.025 || r.DecisionsPerSecond != 60 {
		t.Errorf("%+v", r)
	}
	if r := new(report.Tally).Row("p", "s", 1, 2); r.RatioToBound != 1 || r.GoodputFraction != 0 {
		t.Errorf("of nothing: %+v", r)
	}
}

func TestJSONHasTheColumnsOfTheIssue(t *testing.T) {
	var out strings.Builder
	if err := report.WriteJSON(&out, []report.Row{sample(), sample()}); err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(out.String()), &rows); err != nil || len(rows) != 2 {
		t.Fatalf("%v in %s", err, out.String())
	}
	for name := range strings.FieldsSeq("policy scenario load cores offered goodput_fraction bound_fraction ratio_to_bound shed expired late failed p50_seconds p99_seconds wasted_core_fraction decisions_per_second") {
		if _, ok := rows[0][name]; !ok {
			t.Errorf("no %s", name)
		}
		delete(rows[0], name)
	}
	if len(rows[0]) != 0 {
		t.Errorf("beyond the issue: %v", rows[0])
	}
	out.Reset()
	if err := report.WriteJSON(&out, nil); err != nil || out.String() != "[]\n" {
		t.Errorf("%q", out.String())
	}
}

func TestTheTableShowsEveryRow(t *testing.T) {
	var out strings.Builder
	live := sample()
	live.GeneratorLagSeconds = 0.0004
	if err := report.WriteTable(&out, []report.Row{sample(), live}); err != nil {
		t.Fatal(err)
	}
	want := `policy     scenario  load  cores  offered  goodput  bound  ratio  shed  expired  late  failed  p50    p99    wasted  decisions/s  lag p99  
threshold  mixed     1.2   2      1000     0.600    0.800  0.750  200   90       100   10      1.5ms  123ms  0.025   60           0s       
threshold  mixed     1.2   2      1000     0.600    0.800  0.750  200   90       100   10      1.5ms  123ms  0.025   60           400µs    
`
	if got := out.String(); got != want {
		t.Errorf("\n%s", got)
	}
}

func TestMedianOfSeeds(t *testing.T) {
	a, b, c := sample(), sample(), sample()
	a.RatioToBound, b.RatioToBound, c.RatioToBound = 0.9, 0.5, 0.7
	a.Shed, b.Shed, c.Shed = 1, 2, 9
	m := report.Median([]report.Row{a, b, c})
	if m.RatioToBound != 0.7 || m.RatioLow != 0.5 || m.RatioHigh != 0.9 || m.Shed != 2 || m.Seeds != 3 {
		t.Errorf("%+v", m)
	}
	if report.Median([]report.Row{a}) != a {
		t.Error("the median of one row is another one")
	}
}
