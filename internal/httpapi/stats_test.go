package httpapi_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

// shape lists the names in a JSON value, in order, without the values.
func shape(t *testing.T, text string) string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	var walk func() string
	walk = func() string {
		token, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch token {
		case json.Delim('{'):
			var members []string
			for dec.More() {
				name, _ := dec.Token()
				members = append(members, fmt.Sprint(name)+walk())
			}
			_, _ = dec.Token()
			return "{" + strings.Join(members, " ") + "}"
		case json.Delim('['):
			var items []string
			for dec.More() {
				items = append(items, walk())
			}
			_, _ = dec.Token()
			return "[" + strings.Join(slices.Compact(items), " ") + "]"
		}
		return ""
	}
	return walk()
}

const histogram = "{count sum_seconds min_seconds max_seconds p50_seconds p95_seconds p99_seconds}"

func TestStatsOfAFreshRouter(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	a := r.call(t, "GET", "/api/stats", "")
	got := shape(t, a.body)
	want := "{completed dropped adaptive_spawn_threshold pressure_score routed_by_strategy[] latency_by_strategy[] submitted in_time" +
		" ledger{done failed panicked canceled expired shed in_flight imbalance} sheds{} pool{width effective busy queued queue_cap}" +
		" batches{count jobs sizes[{up_to count}]} spawned abandoned[] pressure{score ruling signals[{name value weight}]} kinds[]" +
		" decision" + histogram + " uptime_seconds go cores}"
	if a.status != 200 || got != want {
		t.Errorf("got  %d %s\nwant %s", a.status, got, want)
	}
}

func TestStats(t *testing.T) {
	c := helix.DefaultConfig()
	c.Policy = helix.PolicyThreshold
	c.CPUParallelism, c.BackpressureBusyThreshold = 1, 1
	r := newRig(t, c, httpapi.Options{})
	r.call(t, "POST", "/api/jobs", record("Echo", 1, 1))
	r.call(t, "POST", "/api/jobs", record("Echo", 1, 20000))
	r.call(t, "POST", "/api/jobs", record("Fail", 1, 1))
	first := make(chan answer, 1)
	go func() { first <- r.call(t, "POST", "/api/jobs", record("Block", 1, 60000)) }()
	eventually(t, "the slot is taken", func() bool { return r.router.Pool().Busy == 1 })
	r.call(t, "POST", "/api/jobs", record("Echo", 1, 1)) // shed
	r.release()
	<-first

	type row struct {
		Strategy                                        string
		Count                                           uint64
		AvgMS, EMAMS, P50MS, P95MS, P99MS, MinMS, MaxMS float64
	}
	got := decode[struct {
		Completed, Dropped, Submitted uint64
		Threshold                     uint64           `json:"adaptive_spawn_threshold"`
		Routed                        []row            `json:"routed_by_strategy"`
		Latency                       []map[string]any `json:"latency_by_strategy"`
		Ledger                        map[string]int64
		Sheds                         map[string]uint64
		Kinds                         []struct {
			Kind, Strategy string
			Outcomes       map[string]uint64
		}
	}](t, r.call(t, "GET", "/api/stats", ""), 200)
	if got.Completed != 3 || got.Dropped != 1 || got.Submitted != 5 || got.Threshold != 60000 || got.Sheds["busy_gate"] != 1 {
		t.Errorf("%+v", got)
	}
	if text := fmt.Sprint(got.Ledger); text != "map[canceled:0 done:3 expired:0 failed:1 imbalance:0 in_flight:0 panicked:0 shed:1]" {
		t.Error(text)
	}
	var routed, latency, kinds []string
	for _, x := range got.Routed {
		routed = append(routed, fmt.Sprint(x.Strategy, x.Count))
	}
	for _, x := range got.Latency {
		latency = append(latency, fmt.Sprint(x["strategy"], x["count"]))
		for _, name := range []string{"avg_ms", "ema_ms", "p50_ms", "p95_ms", "p99_ms", "min_ms", "max_ms"} {
			if ms, ok := x[name].(float64); !ok || ms <= 0 {
				t.Errorf("%s of %v is %v", name, x["strategy"], x[name])
			}
		}
	}
	for _, x := range got.Kinds {
		kinds = append(kinds, fmt.Sprint(x.Kind, x.Strategy, x.Outcomes))
	}
	if s := fmt.Sprint(routed); s != "[cpu_pool1 drop1 inline2 spawn1]" {
		t.Error(s)
	}
	if s := fmt.Sprint(latency); s != "[cpu_pool1 inline2 spawn1]" {
		t.Error(s)
	}
	if s := fmt.Sprint(kinds); s != "[Blockcpu_poolmap[done:1] Echoinlinemap[done:1] Echospawnmap[done:1] Echodropmap[shed:1] Failinlinemap[failed:1]]" {
		t.Error(s)
	}
}
