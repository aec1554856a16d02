package httpapi_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
	"github.com/helixrouter/helix/internal/learn"
)

// taught returns a snapshot in which every number says something.
func taught(r *helix.Router) helix.NeuralSnapshot {
	s := r.NeuralSnapshot()
	s.SampleCount, s.Explored, s.IsWarmedUp = 4321, 12, true
	s.AvgReward, s.RewardVariance = 0.75, 0.125
	s.PerStrategyCounts[helix.Inline] = 4000
	s.PerStrategyCounts[helix.Drop] = 7
	s.Weights[helix.CPUPool][3] = 0.0625
	s.Guard.Budget, s.Guard.Permitted, s.Guard.Fallbacks = 20, true, 3
	five := func(x float64) []float64 { return []float64{x, x, x, x, 0} }
	s.Kinds[0] = learn.KindSnapshot{Name: "Echo", Samples: 300, Intercepts: five(0.25), Evidence: five(12), Variances: five(0.5)}
	return s
}

func TestNeuralOfAFreshRouter(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	a := r.call(t, "GET", "/api/neural", "")
	const want = "{version mode sample_count explored is_warmed_up avg_reward reward_variance" +
		" per_strategy_counts{batch cpu_pool drop inline spawn} epsilon features[] weights[[]] squares[[]]" +
		" agreement estimated_gain drifts calm guard{budget permitted acting fallbacks reason loss base_loss} kinds{}}"
	if got := shape(t, a.body); a.status != 200 || got != want || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("got  %d %s\nwant %s", a.status, got, want)
	}
	got := decode[helix.NeuralSnapshot](t, a, 200)
	if got.SampleCount != 0 || got.IsWarmedUp || len(got.Weights) != 5 || len(got.Weights[0]) != len(got.Features) || got.Guard.Reason == "" {
		t.Errorf("%+v", got)
	}
}

// TestNeural reads back what was restored, to the last digit, and restores it again.
func TestNeural(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	if err := r.router.RestoreNeural(taught(r.router)); err != nil {
		t.Fatal(err)
	}
	got := decode[helix.NeuralSnapshot](t, r.call(t, "GET", "/api/neural", ""), 200)
	if want := r.router.NeuralSnapshot(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.SampleCount != 4321 || got.AvgReward != 0.75 || got.Weights[helix.CPUPool][3] != 0.0625 || len(got.Kinds) != 1 {
		t.Errorf("%+v", got)
	}
	for _, k := range got.Kinds {
		if k.Name != "Echo" || k.Samples != 300 || k.Intercepts[0] != 0.25 {
			t.Errorf("%+v", k)
		}
	}
	other := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	if err := other.router.RestoreNeural(got); err != nil {
		t.Error(err)
	}
}

func TestNeuralModes(t *testing.T) {
	for _, mode := range []string{"off", "shadow", "guarded", "frozen"} {
		c := helix.DefaultConfig()
		c.Learner = mode
		r := newRig(t, c, httpapi.Options{})
		if got := decode[map[string]any](t, r.call(t, "GET", "/api/neural", ""), 200); got["mode"] != mode {
			t.Errorf("mode %v, want %s", got["mode"], mode)
		}
	}
}

func TestAutoscaler(t *testing.T) {
	for _, c := range []struct{ policy, set, want string }{
		{helix.PolicyAdaptive, helix.AutoscaleApply, "apply"},
		{helix.PolicyAdaptive, helix.AutoscaleAdvise, "advise"},
		{helix.PolicyAdaptive, helix.AutoscaleOff, "off"},
		{helix.PolicyThreshold, helix.AutoscaleApply, "advise"}, // the table's gate keeps its meaning
	} {
		config := helix.DefaultConfig()
		config.Policy, config.Autoscale = c.policy, c.set
		r := newRig(t, config, httpapi.Options{})
		a := r.call(t, "GET", "/api/autoscaler", "")
		const want = "{mode width ceiling direction parallelism queue_cap predicted_rate horizon_seconds" +
			" cores_needed cores_present reason advice}"
		if got := shape(t, a.body); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		got := decode[struct {
			Mode, Direction, Reason, Advice string
			Width, Ceiling, Parallelism     int
			QueueCap                        int     `json:"queue_cap"`
			Rate                            float64 `json:"predicted_rate"`
			Horizon                         float64 `json:"horizon_seconds"`
			Needed                          float64 `json:"cores_needed"`
		}](t, a, 200)
		if got.Mode != c.want || got.Ceiling != config.CPUParallelism || got.Width < 1 || got.Width > got.Ceiling ||
			got.Direction != "hold" || got.Parallelism != config.CPUParallelism || got.QueueCap != config.CPUQueueCap ||
			got.Rate != 0 || got.Needed != 0 || got.Reason == "" || got.Advice != "" {
			t.Errorf("%s under %s: %+v", c.set, c.policy, got)
		}
		if c.want == "off" && got.Horizon != 0 {
			t.Errorf("off, and the horizon is %v s", got.Horizon)
		}
	}
}

// TestAutoscalerFollows sees a change of the configuration.
func TestAutoscalerFollows(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	if a := r.call(t, "PATCH", "/api/config", `{"cpu_parallelism":3,"autoscale":"advise"}`); a.status != 200 {
		t.Fatal(a)
	}
	got := decode[map[string]any](t, r.call(t, "GET", "/api/autoscaler", ""), 200)
	if got["ceiling"] != 3.0 || got["mode"] != "advise" {
		t.Errorf("%v", got)
	}
}

// TestLearnedRefusals makes the calls that neither endpoint takes. Neither reads a
// body, so a GET that has one is a good call.
func TestLearnedRefusals(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	for _, path := range []string{"/api/neural", "/api/autoscaler", "/api/fleet"} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			a := r.call(t, method, path, "")
			problemOf(t, a, 405, path)
			if got := a.header.Get("Allow"); got != "GET, HEAD" {
				t.Errorf("%s %s: Allow %q", method, path, got)
			}
		}
		problemOf(t, r.call(t, "GET", path+"/", ""), 404, path+"/")
		problemOf(t, r.call(t, "GET", strings.ToUpper(path), ""), 404, strings.ToUpper(path))
		problemOf(t, r.call(t, "GET", path, "", "Host: evil.example"), 403, path)
		if a := r.call(t, "HEAD", path, ""); a.status != 200 || a.body != "" {
			t.Errorf("HEAD %s: %+v", path, a)
		}
		if a := r.call(t, "GET", path, `{"version":9}`); a.status != 200 || !json.Valid([]byte(a.body)) {
			t.Errorf("GET %s with a body: %+v", path, a)
		}
		if a := r.call(t, "GET", path, "", "Test-Peer: 192.0.2.7:1234"); a.status != 200 {
			t.Errorf("reading %s from afar: %d", path, a.status)
		}
	}
	if n := r.router.NeuralSnapshot().SampleCount; n != 0 {
		t.Errorf("something was learned from reading: %d", n)
	}
}
