package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/yaml"
)

// adapter is what this repository uses of the values of prometheus-adapter's chart.
type adapter struct {
	Rules struct {
		Custom []adapterRule `json:"custom"`
	} `json:"rules"`
}

// adapterRule makes a metric of the custom metrics API out of series of Prometheus.
type adapterRule struct {
	SeriesQuery string `json:"seriesQuery"`
	Resources   struct {
		Overrides map[string]struct {
			Resource string `json:"resource"`
		} `json:"overrides"`
	} `json:"resources"`
	Name struct {
		As string `json:"as"`
	} `json:"name"`
	MetricsQuery string `json:"metricsQuery"`
}

func loadAdapter(k kit) (a adapter, err error) {
	text, err := os.ReadFile(k.path("deploy", "kubernetes", "metrics", "adapter.yaml"))
	if err != nil {
		return a, err
	}
	if err = yaml.UnmarshalStrict(text, &a); err != nil {
		err = fmt.Errorf("adapter.yaml: %w", err)
	}
	return a, err
}

// query is the rule's query for pods of a namespace, written out as the adapter does.
func (r adapterRule) query(namespace string, pods ...string) (string, error) {
	t, err := template.New("metricsQuery").Delims("<<", ">>").Option("missingkey=error").Parse(r.MetricsQuery)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = t.Execute(&out, map[string]any{
		"Series": r.series(), "GroupBy": "pod",
		"LabelMatchers": fmt.Sprintf("namespace=%q,pod=~%q", namespace, strings.Join(pods, "|")),
	})
	return out.String(), err
}

// checkMetrics follows the autoscalers' metric back: the adapter has it, and its query
// gives what the autoscaler takes it for.
func checkMetrics(ctx context.Context, k kit) (found []string, err error) {
	a, err := loadAdapter(k)
	if err != nil {
		return nil, err
	}
	for _, dir := range k.kustomizations() {
		m, err := load(dir)
		if err != nil {
			return found, err
		}
		for _, h := range m.scalers {
			found = append(found, a.unknown(h)...)
		}
	}
	for _, r := range a.Rules.Custom {
		if r.Resources.Overrides["pod"].Resource != "pod" || r.Resources.Overrides["namespace"].Resource != "namespace" {
			found = append(found, fmt.Sprintf("the adapter's %s has no pod and namespace to find its series by", r.Name.As))
		}
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		return found, err
	}
	said, err := scrapeFaults(ctx, k, promtool)
	if err != nil {
		return found, err
	}
	found = append(found, said...)
	for _, r := range a.Rules.Custom {
		said, err := r.try(ctx, promtool)
		if err != nil {
			return found, err
		}
		found = append(found, said...)
	}
	return found, nil
}

// unknown lists the metrics of an autoscaler that the adapter does not have.
func (a adapter) unknown(h *autoscalingv2.HorizontalPodAutoscaler) (found []string) {
	for _, metric := range h.Spec.Metrics {
		if metric.Pods == nil {
			found = append(found, fmt.Sprintf("HorizontalPodAutoscaler %s asks for a metric of type %s, and only Pods is known here", h.Name, metric.Type))
			continue
		}
		name := metric.Pods.Metric.Name
		if !slices.ContainsFunc(a.Rules.Custom, func(r adapterRule) bool { return r.Name.As == name }) {
			found = append(found, fmt.Sprintf("HorizontalPodAutoscaler %s asks for %s, of which adapter.yaml knows nothing", h.Name, name))
		}
	}
	return found
}

// trial is a test for promtool: two pods, a pod of another namespace, and one that nobody
// asks for. decoy is a series that the rule must not count.
const trial = `evaluation_interval: 15s
tests:
  - interval: 15s
    input_series:
      - {series: '%[1]snamespace="helix",pod="a"}', values: '0.2x4 0.8x20'}
      - {series: '%[1]snamespace="helix",pod="b"}', values: '0.4x24'}
      - {series: '%[1]snamespace="helix",pod="c"}', values: '0.9x24'}
      - {series: '%[1]snamespace="other",pod="a"}', values: '1x24'}
      - {series: '%[3]s', values: '1x24'}
    promql_expr_test:
      - expr: %[2]q
        eval_time: 5m
        exp_samples: [{labels: '{pod="a"}', value: 0.8}, {labels: '{pod="b"}', value: 0.4}]
`

// decoy is another signal of the same pod for the pressure, else another metric.
func (r adapterRule) decoy() string {
	if own := r.own(); strings.Contains(own, "signal=") {
		return r.series() + `{signal="saturation",namespace="helix",pod="a"}`
	}
	return `helix_cores_present{namespace="helix",pod="a"}`
}

// series is the name of the metric of Helix.
func (r adapterRule) series() string {
	name, _, _ := strings.Cut(r.SeriesQuery, "{")
	return name
}

// own is the series as far as Helix labels it: the name, and the open brace with its own
// labels. What follows are labels that the scrape adds.
func (r adapterRule) own() string {
	own, _, _ := strings.Cut(r.SeriesQuery, "namespace")
	return own
}

// exported is how the series stands in /metrics.
func (r adapterRule) exported() string {
	if own := strings.TrimRight(r.own(), "{,"); strings.Contains(own, "{") {
		return own + "}"
	}
	return r.series()
}

// try asks Prometheus what the rule's query gives.
func (r adapterRule) try(ctx context.Context, promtool string) ([]string, error) {
	query, err := r.query("helix", "a", "b")
	if err != nil {
		return []string{fmt.Sprintf("the adapter's %s: %v", r.Name.As, err)}, nil
	}
	dir, remove, err := workFolder()
	if err != nil {
		return nil, err
	}
	defer remove()
	file := filepath.Join(dir, "adapter.test.yml")
	if err := os.WriteFile(file, fmt.Appendf(nil, trial, r.own(), query, r.decoy()), 0o600); err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, promtool, "test", "rules", file).CombinedOutput()
	if err != nil {
		return []string{fmt.Sprintf("the adapter's query %s: %v\n%s", query, err, bytes.TrimSpace(out))}, nil
	}
	return nil, nil
}
