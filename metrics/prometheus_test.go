package metrics_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// scrapeTimeout is how long a Prometheus may take from its start to the second scrape.
const scrapeTimeout = 20 * time.Second

// target is our handler as one scrape job sees it, over real HTTP. It can overrule
// what the server asks for, since scrape_protocols exists only from 2.49 on.
type target struct {
	*httptest.Server
	mu           sync.Mutex
	accept, sent string // of the last scrape: what was asked for, and what was sent
}

func newTarget(t *testing.T, h http.Handler, overrule string) *target {
	x := new(target)
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r.Header.Get("Accept")
		if overrule != "" {
			r.Header.Set("Accept", overrule)
		}
		h.ServeHTTP(w, r)
		x.mu.Lock()
		defer x.mu.Unlock()
		x.accept, x.sent = asked, w.Header().Get("Content-Type")
	}))
	t.Cleanup(x.Close)
	return x
}

func (x *target) seen() (accept, sent string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.accept, x.sent
}

// server is a running Prometheus.
type server struct {
	t   *testing.T
	url string
	log *bytes.Buffer // read when the process has ended only
}

// serverSetup is what a server does: scrape each target under its name, and evaluate rules.
type serverSetup struct {
	interval time.Duration // of both
	rules    string        // path of a file; "" = none
	targets  map[string]*target
	flags    []string
}

// startPrometheus starts a server that scrapes each target once a second.
func startPrometheus(t *testing.T, targets map[string]*target, flags ...string) *server {
	return startServer(t, serverSetup{interval: time.Second, targets: targets, flags: flags})
}

func (x serverSetup) config() string {
	config := fmt.Sprintf("global: {scrape_interval: %v, scrape_timeout: %[1]v, evaluation_interval: %[1]v}\n", x.interval)
	if x.rules != "" {
		config += fmt.Sprintf("rule_files: [%q]\n", x.rules)
	}
	config += "scrape_configs:\n"
	for name, x := range x.targets {
		config += fmt.Sprintf("- {job_name: %s, static_configs: [{targets: [%q]}]}\n", name, strings.TrimPrefix(x.URL, "http://"))
	}
	return config
}

// startServer starts a server and stops it when the test ends.
func startServer(t *testing.T, x serverSetup) *server {
	path, dir := program(t, "prometheus"), t.TempDir()
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(x.config()), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	s := &server{t: t, url: "http://" + address, log: new(bytes.Buffer)}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, append(x.flags, "--config.file="+file, "--log.level=warn",
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)...)
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if err := cmd.Start(); err != nil {
		stop()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
		if text := s.log.String(); t.Failed() || strings.Contains(text, "Error on ingesting") || strings.Contains(text, "append failed") {
			t.Errorf("prometheus said:\n%s", text)
		} else if text != "" {
			t.Logf("prometheus said:\n%s", text)
		}
	})
	return s
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// get decodes the data of an answer of the HTTP API and reports whether there is one.
func (s *server) get(path string, into any) bool {
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get(s.url + path)
	if err != nil {
		return false // not up yet
	}
	defer answer.Body.Close()
	body := struct {
		Status string
		Data   any
	}{Data: into}
	return json.NewDecoder(answer.Body).Decode(&body) == nil && body.Status == "success"
}

// value evaluates a query that has one result.
func (s *server) value(query string) string {
	var data struct {
		Result []struct{ Value [2]any }
	}
	if !s.get("/api/v1/query?query="+url.QueryEscape(query), &data) || len(data.Result) != 1 {
		return fmt.Sprintf("%d results", len(data.Result))
	}
	return fmt.Sprint(data.Result[0].Value[1])
}

// metadata returns the type of a metric as a job tells it.
func (s *server) metadata(job, metric string) string {
	var data []struct{ Type string }
	s.get("/api/v1/targets/metadata?"+url.Values{"match_target": {fmt.Sprintf("{job=%q}", job)}, "metric": {metric}}.Encode(), &data)
	if len(data) != 1 {
		return fmt.Sprintf("%d entries", len(data))
	}
	return data[0].Type
}

// waitScraped waits for the second scrape of each target, or for an error of one.
func (s *server) waitScraped(jobs int) {
	s.t.Helper()
	var data struct {
		ActiveTargets []struct {
			Health, LastError string
			Labels            map[string]string
		}
	}
	for start := time.Now(); time.Since(start) < scrapeTimeout; time.Sleep(100 * time.Millisecond) {
		s.get("/api/v1/targets", &data)
		up := 0
		for _, x := range data.ActiveTargets {
			if x.LastError != "" {
				s.t.Fatalf("job %s: %s", x.Labels["job"], x.LastError)
			}
			if x.Health == "up" {
				up++
			}
		}
		if up == jobs && s.value("min(count_over_time(up[1m])) > 1") != "0 results" {
			return
		}
	}
	s.t.Fatalf("not scraped within %v: %+v", scrapeTimeout, data)
}

// expect compares the results of queries, where $job is the job's name.
func (s *server) expect(job string, want map[string]string) {
	s.t.Helper()
	for query, value := range want {
		query = strings.ReplaceAll(query, "$job", fmt.Sprintf("job=%q", job))
		if got := s.value(query); got != value {
			s.t.Errorf("%s = %s, want %s", query, got, value)
		}
	}
}

// scraped is what every format must bring across.
var scraped = map[string]string{
	`up{$job}`: "1",
	`helix_jobs_total{$job,kind="work",strategy="inline",outcome="done"}`:           "3",
	`helix_jobs_total{$job,kind="pair",strategy="batch",outcome="done"}`:            "8",
	`helix_sheds_total{$job,reason="busy_gate"}`:                                    "3",
	`helix_pool_width_limit{$job}`:                                                  "2",
	`helix_learner_samples_total{$job}`:                                             "0",
	`helix_neural_sample_count{$job}`:                                               "0",
	`helix_build_info{$job}`:                                                        "1",
	`helix_completed{$job}`:                                                         "17",
	`helix_dropped{$job}`:                                                           "3",
	`helix_routed{$job,strategy="inline"}`:                                          "4",
	`count({$job,__name__=~"helix_(completed|dropped|routed)_total"}) or vector(0)`: "0",
}

func join(maps ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range maps {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

// classicOnly is what the text formats say of the histograms.
var classicOnly = map[string]string{
	`helix_run_seconds_count{$job,kind="pair"}`:             "8",
	`helix_run_seconds_bucket{$job,kind="pair",le="+Inf"}`:  "8",
	`count(helix_sojourn_seconds_bucket{$job,kind="pair"})`: "18",
	`helix_batch_size_sum{$job}`:                            "8",
	`helix_queue_wait_seconds_bucket{$job,strategy="inline",le="60"} or helix_queue_wait_seconds_bucket{$job,strategy="inline",le="60.0"}`: "4",
}

// TestPrometheusText has a real server scrape both text formats: the one it asks for
// by itself, OpenMetrics, and the old one.
func TestPrometheusText(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a Prometheus and waits for two scrapes")
	}
	t.Parallel()
	_, h := exercisedHandler(t, nil)
	targets := map[string]*target{"open": newTarget(t, h, acceptOpenMetrics), "text": newTarget(t, h, acceptText), "own": newTarget(t, h, "")}
	s := startPrometheus(t, targets)
	s.waitScraped(len(targets))
	for job, x := range targets {
		accept, sent := x.seen()
		t.Logf("job %s: Prometheus asks for %q, gets %q", job, accept, sent)
		s.expect(job, join(scraped, classicOnly))
	}
	for job, kind := range map[string]string{"open": "unknown", "text": "counter"} {
		if got := s.metadata(job, "helix_completed"); got != kind {
			t.Errorf("job %s: helix_completed is of type %s, want %s", job, got, kind)
		}
	}
}

// TestPrometheusNative has a real server scrape protobuf with native histograms.
func TestPrometheusNative(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a Prometheus and waits for two scrapes")
	}
	t.Parallel()
	_, h := exercisedHandler(t, nil)
	x := newTarget(t, h, "")
	s := startPrometheus(t, map[string]*target{"native": x}, "--enable-feature=native-histograms")
	s.waitScraped(1)
	accept, sent := x.seen()
	t.Logf("Prometheus asks for %q, gets %q", accept, sent)
	s.expect("native", scraped)
	if !strings.Contains(sent, "protobuf") {
		t.Skip("this Prometheus does not ask for protobuf with --enable-feature=native-histograms")
	}
	s.expect("native", map[string]string{
		`histogram_count(helix_run_seconds{$job,kind="pair"})`:                          "8",
		`histogram_count(helix_queue_wait_seconds{$job,strategy="inline",kind="work"})`: "4",
		`histogram_sum(helix_batch_size{$job})`:                                         "8",
		`histogram_quantile(1, helix_batch_size{$job}) >= bool 1`:                       "1",
		`histogram_quantile(0.5, helix_sojourn_seconds{$job,kind="pair"}) > bool 0`:     "1",
		`histogram_quantile(0.5, helix_sojourn_seconds{$job,kind="pair"}) < bool 10`:    "1",
	})
}
