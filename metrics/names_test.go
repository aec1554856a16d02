package metrics_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
)

// promised are the names that dashboards of others are made of, with type and labels.
// Change one and they break.
var promised = map[string]struct {
	kind   dto.MetricType
	labels string
}{
	"helix_jobs_total":               {dto.MetricType_COUNTER, "kind outcome strategy"},
	"helix_sheds_total":              {dto.MetricType_COUNTER, "reason"},
	"helix_queue_wait_seconds":       {dto.MetricType_HISTOGRAM, "kind strategy"},
	"helix_run_seconds":              {dto.MetricType_HISTOGRAM, "kind strategy"},
	"helix_sojourn_seconds":          {dto.MetricType_HISTOGRAM, "kind strategy"},
	"helix_decision_seconds":         {dto.MetricType_HISTOGRAM, ""},
	"helix_batch_size":               {dto.MetricType_HISTOGRAM, ""},
	"helix_inflight":                 {dto.MetricType_GAUGE, ""},
	"helix_queue_depth":              {dto.MetricType_GAUGE, ""},
	"helix_queue_limit":              {dto.MetricType_GAUGE, ""},
	"helix_pool_width":               {dto.MetricType_GAUGE, ""},
	"helix_pressure_ratio":           {dto.MetricType_GAUGE, "signal"},
	"helix_ledger_imbalance":         {dto.MetricType_GAUGE, ""},
	"helix_build_info":               {dto.MetricType_GAUGE, "goversion revision version"},
	"helix_learner_samples_total":    {dto.MetricType_COUNTER, ""},
	"helix_learner_fallbacks_total":  {dto.MetricType_COUNTER, ""},
	"helix_learner_acting":           {dto.MetricType_GAUGE, ""},
	"helix_cores_needed":             {dto.MetricType_GAUGE, ""},
	"helix_autoscale_parallelism":    {dto.MetricType_GAUGE, ""},
	"helix_completed":                {dto.MetricType_COUNTER, ""},
	"helix_dropped":                  {dto.MetricType_COUNTER, ""},
	"helix_routed":                   {dto.MetricType_COUNTER, "strategy"},
	"helix_latency_p50_ms":           {dto.MetricType_GAUGE, "strategy"},
	"helix_latency_p95_ms":           {dto.MetricType_GAUGE, "strategy"},
	"helix_latency_p99_ms":           {dto.MetricType_GAUGE, "strategy"},
	"helix_latency_ema_ms":           {dto.MetricType_GAUGE, "strategy"},
	"helix_latency_min_ms":           {dto.MetricType_GAUGE, "strategy"},
	"helix_latency_max_ms":           {dto.MetricType_GAUGE, "strategy"},
	"helix_neural_sample_count":      {dto.MetricType_GAUGE, ""},
	"helix_neural_avg_reward":        {dto.MetricType_GAUGE, ""},
	"helix_neural_epsilon":           {dto.MetricType_GAUGE, ""},
	"helix_adaptive_spawn_threshold": {dto.MetricType_GAUGE, ""},
}

// TestPromisedNames looks for each in the text and in protobuf; there, histograms have
// their native buckets too.
func TestPromisedNames(t *testing.T) {
	_, h := exercisedHandler(t, nil)
	for _, accept := range []string{acceptText, acceptProtobuf} {
		found := families(t, h, accept)
		for _, name := range slices.Sorted(maps.Keys(promised)) {
			want, f := promised[name], found[name]
			if f == nil || f.GetType() != want.kind {
				t.Errorf("%s is a %v, want a %v", name, f.GetType(), want.kind)
				continue
			}
			for _, m := range f.GetMetric() {
				var labels []string
				for _, l := range m.GetLabel() {
					labels = append(labels, l.GetName())
				}
				if got := strings.Join(labels, " "); got != want.labels {
					t.Errorf("%s has the labels %q, want %q", name, got, want.labels)
				}
				if h := m.GetHistogram(); h != nil && (h.Schema != nil) != (accept == acceptProtobuf) {
					t.Errorf("%s as %s: native buckets %v", name, accept, h.Schema != nil)
				}
			}
		}
	}
}
