package workload_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/workload"
)

const plainLine = `{"id":1,"kind":"a","inputs":[],"compute_cost":100,"scaling_potential":0,"latency_budget_ms":20,"at_seconds":2,"service_seconds":0.01}`

const shedLine = `{"id":2,"kind":"a","inputs":[],"compute_cost":300,"scaling_potential":0,"latency_budget_ms":20,"at_seconds":1,"budget_seconds":0.0195,` +
	`"decided":{"strategy":"drop","reason":"scarce","propensity":1,"predicted_seconds":0.5,"outcome":"shed","wait_seconds":0,"run_seconds":0}}`

func TestALogIsReadInOrderOfArrivalAndCompleted(t *testing.T) {
	entries, cut, err := workload.ReadLog(strings.NewReader(plainLine + "\n\n" + shedLine + "\n"))
	if err != nil || cut || len(entries) != 2 {
		t.Fatalf("%d, %v, %v", len(entries), cut, err)
	}
	first := entries[0]
	if first.ID != 2 || first.Decided.Outcome != helix.Shed || first.Budget() != 0.0195 || entries[1].Decided != nil || entries[1].Budget() != 0.02 {
		t.Errorf("%+v", entries)
	}
	workload.Complete(entries)
	if s := entries[0].ServiceSeconds; math.Abs(s-0.03) > 1e-12 {
		t.Errorf("300 units are taken for %v s where 100 took 0.01", entries[0].ServiceSeconds)
	}
	again, err := json.Marshal(first)
	if err != nil || string(again) != shedLine {
		t.Errorf("%v\n%s\n%s", err, again, shedLine)
	}
}

func TestAFaultOfALogNamesItsLine(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want string
		cut  bool
	}{
		"cut off":       {plainLine + "\n" + plainLine[:50], "", true},
		"broken inside": {plainLine[:50] + "\n" + plainLine, "line 1", false},
		"unknown field": {strings.Replace(shedLine, `"outcome"`, `"result"`, 1), "line 1: decided", false},
		"unknown word":  {plainLine + "\n" + strings.Replace(shedLine, `"scarce"`, `"odd"`, 1), "line 2: decided", false},
		"not a record":  {`{"id":"x"}`, "line 1", false},
		"not an object": {`[]`, "line 1", false},
	} {
		entries, cut, err := workload.ReadLog(strings.NewReader(c.text))
		if cut != c.cut || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %d entries, cut %v, %v", name, len(entries), cut, err)
		}
	}
}

func FuzzReadLog(f *testing.F) {
	f.Add(plainLine + "\n" + shedLine)
	f.Add("{}\n")
	f.Fuzz(func(t *testing.T, text string) {
		entries, _, err := workload.ReadLog(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, e := range entries {
			line, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if again, cut, err := workload.ReadLog(strings.NewReader(string(line))); err != nil || cut || len(again) != 1 {
				t.Fatalf("%s: %v", line, err)
			}
		}
	})
}
