package metrics_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What is shipped beside the code, seen from here.
const (
	rulesFile     = "../deploy/prometheus/helix.rules.yml"
	rulesTestFile = "../deploy/prometheus/helix.rules.test.yml"
	configFile    = "../deploy/prometheus/prometheus.yml"
	dashboardFile = "../deploy/grafana/helix.json"
	runbooksFile  = "../docs/OPERATIONS.md"
)

// elsewhere are names that a rule may use and that this package does not send.
var elsewhere = map[string]string{
	"helix_config_last_reload_success": "the daemon sends it, where it watches a file",
}

// rule is one rule of the file.
type rule struct {
	Record, Alert, Expr string
	Labels, Annotations map[string]string
}

func readRules(t *testing.T) (all []rule) {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []rule }
	}
	if err := yaml.Unmarshal([]byte(read(t, rulesFile)), &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// panel is one panel of the dashboard.
type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Datasource               struct{ Type, UID string }
	Targets                  []struct {
		RefID, Expr string
		Datasource  struct{ Type, UID string }
	}
}

type dashboard struct {
	Title, UID string
	Panels     []panel
	Templating struct {
		List []struct{ Name, Type string }
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, dashboardFile)), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// plain is a query as a server gets it from Grafana.
func plain(expr string) string {
	return strings.NewReplacer("$__rate_interval", "1m", "$job", ".*", "$instance", ".*").Replace(expr)
}

// queries are all of the dashboard, by panel and letter.
func (d *dashboard) queries() map[string]string {
	all := map[string]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all[p.Title+" "+target.RefID] = plain(target.Expr)
		}
	}
	return all
}

// promtool runs it and returns what it says.
func promtool(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program(t, "promtool"), args...).CombinedOutput()
	return string(out), err
}

// TestRules has promtool read the rules and the example and run the unit tests of the rules.
func TestRules(t *testing.T) {
	for _, args := range [][]string{{"check", "rules", rulesFile}, {"test", "rules", rulesTestFile}, {"check", "config", configFile}} {
		if out, err := promtool(t, args...); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// TestRuleTestsFail makes sure that the unit tests see what is wrong with a rule.
func TestRuleTestsFail(t *testing.T) {
	for _, change := range [][2]string{
		{"helix:shed:ratio1m) > 0.05", "helix:shed:ratio1m) > 0.5"},
		{"helix_ledger_imbalance != 0", "helix_ledger_imbalance > 0"},
		{`helix_jobs_total{outcome="done"}[1m]`, `helix_jobs_total[1m]`},
		{"helix_config_last_reload_success == 0", "helix_config_last_reload_success == 1"},
		{"quantile(0.99, sum by (job, instance, strategy, le) (rate(helix_sojourn", "quantile(0.9, sum by (job, instance, strategy, le) (rate(helix_sojourn"},
		{"        for: 2m\n", "        for: 9m\n"},
		{"helix_peer_ejected) > 0", "helix_peer_ejected) > 1"},
		{"helix_fleet_connected == 0", "helix_fleet_connected == 1"},
	} {
		rules := read(t, rulesFile)
		if !strings.Contains(rules, change[0]) {
			t.Fatalf("%s has no %q to break", rulesFile, change[0])
		}
		dir := t.TempDir()
		for name, text := range map[string]string{"helix.rules.yml": strings.Replace(rules, change[0], change[1], 1), "test.yml": read(t, rulesTestFile)} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := promtool(t, "test", "rules", filepath.Join(dir, "test.yml")); err == nil {
			t.Errorf("with %q the unit tests succeed:\n%s", change[1], out)
		}
	}
}

// TestEveryRuleIsTested: no alert without a test that sees it fire, no recording without one.
func TestEveryRuleIsTested(t *testing.T) {
	tests := read(t, rulesTestFile)
	for _, r := range readRules(t) {
		if r.Record != "" && !strings.Contains(tests, r.Record) {
			t.Errorf("%s has no test", r.Record)
		}
		if r.Alert != "" && (!strings.Contains(tests, "alertname: "+r.Alert+"\n") || !strings.Contains(tests, "'"+r.Annotations["runbook"]) && !strings.Contains(tests, r.Annotations["runbook"])) {
			t.Errorf("%s has no test in which it fires", r.Alert)
		}
	}
}

// TestRunbooks: each alert says what, how much and where to read on, and that is there.
func TestRunbooks(t *testing.T) {
	runbooks := read(t, runbooksFile)
	for _, r := range readRules(t) {
		if r.Alert == "" {
			continue
		}
		if r.Annotations["summary"] == "" || !strings.Contains(r.Annotations["description"], "$value") || r.Labels["severity"] == "" {
			t.Errorf("%s: summary, a description with the number and a severity are needed", r.Alert)
		}
		if got, want := r.Annotations["runbook"], "docs/OPERATIONS.md#"+strings.ToLower(r.Alert); got != want {
			t.Errorf("%s: runbook %q, want %q", r.Alert, got, want)
		}
		if !strings.Contains(runbooks, "\n### "+r.Alert+"\n") {
			t.Errorf("%s has no section %s", runbooksFile, r.Alert)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^### (Helix\w+)$`).FindAllStringSubmatch(runbooks, -1) {
		if !slices.ContainsFunc(readRules(t), func(r rule) bool { return r.Alert == m[1] }) {
			t.Errorf("%s has a section for %s, which is no alert", runbooksFile, m[1])
		}
	}
}

// TestDashboard holds the panels to what Grafana needs and people want.
func TestDashboard(t *testing.T) {
	d := readDashboard(t)
	if d.UID == "" || len(d.Panels) == 0 || len(d.Templating.List) == 0 || d.Templating.List[0].Type != "datasource" {
		t.Fatalf("%q with %d panels and the variables %v", d.UID, len(d.Panels), d.Templating.List)
	}
	ids, titles := map[int]bool{}, map[string]bool{}
	for i, p := range d.Panels {
		if ids[p.ID] || titles[p.Title] || p.Title == "" {
			t.Errorf("panel %d %q: its number or title is there twice", p.ID, p.Title)
		}
		ids[p.ID], titles[p.Title] = true, true
		for _, q := range d.Panels[:i] {
			a, b := p.GridPos, q.GridPos
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%q lies on %q", p.Title, q.Title)
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Description == "" || len(p.Targets) == 0 || p.Datasource.UID != "${datasource}" || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("%q: no description, no query, another data source or too wide", p.Title)
		}
		for _, target := range p.Targets {
			if target.Datasource.UID != "${datasource}" || !strings.Contains(target.Expr, `job=~"$job",instance=~"$instance"`) {
				t.Errorf("%q %s does not follow the variables: %s", p.Title, target.RefID, target.Expr)
			}
		}
	}
}

// TestDashboardQueriesParse has promtool read each query, as the expression of a rule.
func TestDashboardQueriesParse(t *testing.T) {
	d := readDashboard(t)
	var text strings.Builder
	text.WriteString("groups:\n- name: dashboard\n  rules:\n")
	n := 0
	for _, query := range d.queries() {
		n++
		fmt.Fprintf(&text, "  - {record: %q, expr: %q}\n", fmt.Sprint("dashboard:query:", n), query)
	}
	file := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := promtool(t, "check", "rules", file); err != nil || !strings.Contains(out, fmt.Sprintf("%d rules found", n)) {
		t.Errorf("%v\n%s", err, out)
	}
}

// exported are the names that a server finds at a router, with their labels.
func exported(t *testing.T, h http.Handler) map[string]map[string]bool {
	t.Helper()
	found := map[string]map[string]bool{}
	for name, f := range families(t, h, acceptText) {
		labels := map[string]bool{"job": true, "instance": true}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
		}
		found[name] = labels
		if f.GetMetric()[0].GetHistogram() != nil {
			found[name+"_sum"], found[name+"_count"] = labels, labels
			found[name+"_bucket"] = map[string]bool{"le": true}
			for l := range labels {
				found[name+"_bucket"][l] = true
			}
		}
	}
	return found
}

// TestQueriesAskForWhatThereIs: each name and label in a rule or a panel is one that
// /metrics has, or that a rule records.
func TestQueriesAskForWhatThereIs(t *testing.T) {
	_, h := exercisedHandler(t, withoutLegacy, inFleet(crew(1)...))
	there := exported(t, h)
	for name := range elsewhere {
		there[name] = map[string]bool{}
	}
	all := readDashboardQueries(t)
	for _, r := range readRules(t) {
		if r.Record != "" {
			there[r.Record] = map[string]bool{"job": true, "instance": true, "strategy": true, "reason": true}
		}
		all[r.Record+r.Alert] = r.Expr
	}
	for where, expr := range all {
		names := metricNames(expr)
		if len(names) == 0 {
			t.Errorf("%s asks for nothing: %s", where, expr)
		}
		for name, labels := range names {
			if there[name] == nil {
				t.Errorf("%s: there is no metric %s", where, name)
			}
			for _, l := range labels {
				if !there[name][l] {
					t.Errorf("%s: %s has no label %s", where, name, l)
				}
			}
		}
	}
}

func readDashboardQueries(t *testing.T) map[string]string {
	d := readDashboard(t)
	return d.queries()
}

var (
	promLabels   = regexp.MustCompile(`([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"[^"]*"`)
	promGrouping = regexp.MustCompile(`\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)`)
	promRange    = regexp.MustCompile(`\[[^\]]*\]`)
	promName     = regexp.MustCompile(`([a-zA-Z_:][\w:]*)\s*(\{[^}]*\}|\()?`)
	promWords    = []string{"or", "and", "unless", "bool", "offset", "by", "on", "ignoring", "without", "group_left", "group_right"}
)

// metricNames finds the metrics in an expression and the labels that each is asked for.
func metricNames(expr string) map[string][]string {
	expr = promRange.ReplaceAllString(promGrouping.ReplaceAllString(expr, " "), "")
	names := map[string][]string{}
	for _, m := range promName.FindAllStringSubmatch(expr, -1) {
		if m[2] == "(" || slices.Contains(promWords, m[1]) {
			continue // a function or an operator
		}
		names[m[1]] = append(names[m[1]], nil...)
		for _, l := range promLabels.FindAllStringSubmatch(m[2], -1) {
			names[m[1]] = append(names[m[1]], l[1])
		}
	}
	return names
}

// TestMetricNames tries the reader of expressions on one.
func TestMetricNames(t *testing.T) {
	got := metricNames(`sum by (a, le) (rate(x_total{b=~"y.*",c!="d"}[5m])) / on (e) group_left () (z:w > 0) or quantile_over_time(0.5, v[1m])`)
	if want := "map[v:[] x_total:[b c] z:w:[]]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}
