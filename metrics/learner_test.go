package metrics_test

import (
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/metrics"
)

// gauge returns the value of a gauge without labels.
func gauge(t *testing.T, found map[string]*dto.MetricFamily, name string) float64 {
	t.Helper()
	m := find(found[name])
	if m == nil || m.GetGauge() == nil {
		t.Fatalf("%s = %v, want a gauge", name, m)
	}
	return m.GetGauge().GetValue()
}

// TestLearner compares what is sent with what was restored.
func TestLearner(t *testing.T) {
	r := newRouter(t, nil)
	s := r.NeuralSnapshot()
	s.SampleCount, s.AvgReward, s.IsWarmedUp = 5000, -0.25, true
	s.Guard.Budget, s.Guard.Permitted = 12.5, true
	if err := r.RestoreNeural(s); err != nil {
		t.Fatal(err)
	}
	s = r.NeuralSnapshot()
	for _, accept := range []string{acceptText, acceptProtobuf} {
		found := families(t, metrics.Handler(r), accept)
		if got := find(found["helix_learner_samples_total"]).GetCounter().GetValue(); got != 5000 {
			t.Errorf("%v samples, want 5000", got)
		}
		for name, want := range map[string]float64{
			"helix_learner_reward_mean":  -0.25,
			"helix_learner_guard_budget": 12.5,
			"helix_learner_acting":       1,
			"helix_neural_sample_count":  5000,
			"helix_neural_avg_reward":    -0.25,
			"helix_neural_epsilon":       float64(s.Epsilon),
		} {
			if got := gauge(t, found, name); got != want {
				t.Errorf("%s = %v, want %v", name, got, want)
			}
		}
	}
	if !s.Guard.Acting || s.Epsilon <= 0 {
		t.Errorf("the snapshot does not act: %+v", s)
	}
}

// TestOpenMetricsOfTheLearner: the old names are gauges in both formats.
func TestOpenMetricsOfTheLearner(t *testing.T) {
	_, body := scrape(t, metrics.Handler(newRouter(t, nil)), acceptOpenMetrics)
	for _, line := range []string{
		"# TYPE helix_neural_sample_count gauge\n", "\nhelix_neural_sample_count 0", "# TYPE helix_neural_epsilon gauge\n",
		"# TYPE helix_learner_samples counter\n", "\nhelix_learner_samples_total 0",
	} {
		if !strings.Contains(body, line) {
			t.Errorf("no %q", line)
		}
	}
}

// TestWidths tells how many jobs run at a time from how many slots there are.
func TestWidths(t *testing.T) {
	for _, policy := range []string{helix.PolicyAdaptive, helix.PolicyThreshold} {
		r := newRouter(t, func(c *helix.Config) { c.Policy, c.CPUParallelism = policy, 64 })
		found := families(t, metrics.Handler(r), acceptText)
		if got := gauge(t, found, "helix_pool_width_limit"); got != 64 {
			t.Errorf("%s: limit %v, want 64", policy, got)
		}
		if got, want := gauge(t, found, "helix_pool_width"), float64(r.Stats().Pool.Effective); got != want || got < 1 || got > 64 {
			t.Errorf("%s: width %v, want the effective %v", policy, got, want)
		}
	}
}

// TestAutoscaleOff sends no numbers of an autoscaler that does not look.
func TestAutoscaleOff(t *testing.T) {
	names := []string{"helix_cores_needed", "helix_cores_present", "helix_autoscale_parallelism"}
	for _, mode := range []string{helix.AutoscaleOff, helix.AutoscaleAdvise, helix.AutoscaleApply} {
		r, h := exercisedHandler(t, func(c *helix.Config) { c.Autoscale = mode })
		r.AutoscaleTick(time.Time{})
		found := families(t, h, acceptText)
		for _, name := range names {
			if sent := found[name] != nil; sent != (mode != helix.AutoscaleOff) {
				t.Errorf("%s: %s sent: %v", mode, name, sent)
			}
		}
		if mode == helix.AutoscaleOff {
			continue
		}
		a := r.Autoscale()
		if got := gauge(t, found, "helix_autoscale_parallelism"); got != float64(a.Parallelism) {
			t.Errorf("%s: parallelism %v, want %d", mode, got, a.Parallelism)
		}
		if got := gauge(t, found, "helix_cores_present"); got <= 0 {
			t.Errorf("%s: %v cores present", mode, got)
		}
	}
}
