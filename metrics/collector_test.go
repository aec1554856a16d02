package metrics_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/metrics"
)

// TestCounters compares the text format with what exercise ended.
func TestCounters(t *testing.T) {
	_, h := exercisedHandler(t, nil)
	found := families(t, h, acceptText)
	for _, tt := range []struct {
		family string
		labels string // kind|outcome|strategy for jobs, since labels come sorted
		want   float64
	}{
		{"helix_jobs_total", "work|done|inline", 3},
		{"helix_jobs_total", "work|failed|inline", 1},
		{"helix_jobs_total", "work|canceled|inline", 0},
		{"helix_jobs_total", "work|done|spawn", 2},
		{"helix_jobs_total", "work|panicked|spawn", 1},
		{"helix_jobs_total", "work|done|cpu_pool", 4},
		{"helix_jobs_total", "work|expired|cpu_pool", 1},
		{"helix_jobs_total", "work|shed|drop", 3},
		{"helix_jobs_total", "pair|done|batch", 8},
		{"helix_sheds_total", "busy_gate", 3},
		{"helix_sheds_total", "queue_full", 0},
		{"helix_completed", "", 17},
		{"helix_dropped", "", 3},
		{"helix_routed", "inline", 4},
		{"helix_routed", "drop", 3},
		{"helix_routed", "batch", 8},
	} {
		f := found[tt.family]
		if f.GetType() != dto.MetricType_COUNTER {
			t.Errorf("%s is a %v, want a counter", tt.family, f.GetType())
		}
		m := find(f, strings.Fields(strings.ReplaceAll(tt.labels, "|", " "))...)
		if m == nil || m.GetCounter().GetValue() != tt.want {
			t.Errorf("%s{%s} = %v, want %v", tt.family, tt.labels, m, tt.want)
		}
	}
	for _, labels := range [][]string{{"work", "shed", "inline"}, {"work", "done", "drop"}} {
		if m := find(found["helix_jobs_total"], labels...); m != nil {
			t.Errorf("%v cannot happen and is there: %v", labels, m)
		}
	}
}

// TestGauges looks at a router while its pool is full.
func TestGauges(t *testing.T) {
	r := newRouter(t, nil)
	h := metrics.Handler(r)
	var found map[string]*dto.MetricFamily
	whilePoolIsFull(r, func() {
		if err := r.InjectPressure(0.75, "test", time.Minute); err != nil {
			t.Error(err)
		}
		found = families(t, h, acceptText)
	})
	for name, want := range map[string]float64{
		"helix_inflight":                 2,
		"helix_queue_depth":              0,
		"helix_pool_width_limit":         2,
		"helix_pool_busy":                2,
		"helix_spawned":                  0,
		"helix_abandoned":                0,
		"helix_ledger_imbalance":         0,
		"helix_adaptive_spawn_threshold": float64(helix.DefaultConfig().SpawnThreshold),
	} {
		m := find(found[name])
		if m == nil || m.GetGauge() == nil || m.GetGauge().GetValue() != want {
			t.Errorf("%s = %v, want the gauge %v", name, m, want)
		}
	}
	if up := find(found["helix_uptime_seconds"]).GetGauge().GetValue(); up <= 0 || up > 60 {
		t.Errorf("helix_uptime_seconds = %v, want above 0", up)
	}
	pressure := found["helix_pressure_ratio"]
	if got := find(pressure, "external").GetGauge().GetValue(); got != 0.75 {
		t.Errorf("external pressure %v, want 0.75", got)
	}
	if got := find(pressure, "score").GetGauge().GetValue(); got < 0.75 {
		t.Errorf("score %v, want at least the external 0.75", got)
	}
	if got, want := len(pressure.GetMetric()), 1+len(r.Stats().Pressure.Signals); got != want {
		t.Errorf("%d signals, want %d", got, want)
	}
}

// TestLegacyLatencies runs jobs whose times are known, under fake time.
func TestLegacyLatencies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouter(t, nil)
		for ms := range 100 {
			run(r, helix.Hint{Cost: cheap}, func() error { time.Sleep(time.Duration(ms+1) * time.Millisecond); return nil })
		}
		found := families(t, metrics.Handler(r), acceptText)
		for name, want := range map[string]float64{"p50": 50, "p95": 95, "p99": 99, "min": 1, "max": 100} {
			f := found["helix_latency_"+name+"_ms"]
			got := find(f, "inline").GetGauge().GetValue()
			if got < want*0.978 || got > want*1.022 {
				t.Errorf("%s = %v ms, want %v within 2.2 %%", name, got, want)
			}
		}
		if ema := find(found["helix_latency_ema_ms"], "inline").GetGauge().GetValue(); ema < 90 || ema > 100 {
			t.Errorf("ema = %v ms after 1..100, want close to the newest", ema)
		}
	})
}

// TestLegacyOff turns the old names off and on while the router runs.
func TestLegacyOff(t *testing.T) {
	r, h := exercisedHandler(t, nil)
	old := []string{"helix_completed", "helix_dropped", "helix_routed", "helix_latency_", "helix_neural_"}
	for _, on := range []bool{true, false, true} {
		if _, err := r.PatchConfig(helix.ConfigPatch{"metrics_legacy": on}); err != nil {
			t.Fatal(err)
		}
		for _, accept := range []string{acceptText, acceptOpenMetrics, acceptProtobuf} {
			_, body := scrape(t, h, accept)
			for _, name := range old {
				if strings.Contains(body, name) != on {
					t.Errorf("metrics_legacy=%v: %s sent: %v", on, name, !on)
				}
			}
		}
	}
}

// TestDescribed collects in a registry that refuses what Describe did not announce.
func TestDescribed(t *testing.T) {
	for name, options := range map[string][]helix.Option{"alone": nil, "in a fleet": {inFleet(crew(70)...)}} {
		t.Run(name, func(t *testing.T) { isDescribed(t, options) })
	}
}

func isDescribed(t *testing.T, options []helix.Option) {
	r, _ := exercisedHandler(t, nil, options...)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(metrics.NewCollector(r))
	sent, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	described := make(chan *prometheus.Desc, 100)
	metrics.NewCollector(r).Describe(described)
	if len(sent) != len(described) {
		t.Errorf("%d families sent, %d described", len(sent), len(described))
	}
	for _, f := range sent {
		if f.GetHelp() == "" || !strings.HasPrefix(f.GetName(), "helix_") {
			t.Errorf("%s: help %q", f.GetName(), f.GetHelp())
		}
	}
}

// TestTwoRouters holds two routers in one registry, apart by a label.
func TestTwoRouters(t *testing.T) {
	registry := prometheus.NewRegistry()
	for _, name := range []string{"a", "b"} {
		r, _ := exercisedHandler(t, nil)
		prometheus.WrapRegistererWith(prometheus.Labels{"router": name}, registry).MustRegister(metrics.NewCollector(r))
	}
	sent, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range sent {
		if f.GetName() == "helix_run_seconds" && find(f, "pair", "b", "batch") == nil {
			t.Errorf("no histogram of router b: %v", f)
		}
	}
}

// TestClosedRouter scrapes a router that ended.
func TestClosedRouter(t *testing.T) {
	r, h := exercisedHandler(t, nil)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(r, helix.Hint{Kind: "work"}, fine)
	found := families(t, h, acceptText)
	if got := find(found["helix_sheds_total"], "closed").GetCounter().GetValue(); got != 1 {
		t.Errorf("%v jobs shed because closed, want 1", got)
	}
}
