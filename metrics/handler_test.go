package metrics_test

import (
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/metrics"
)

// TestOpenMetrics reads the format that Prometheus asks for by itself. The old
// counters have no _total, so they must not be counters there.
func TestOpenMetrics(t *testing.T) {
	_, h := exercisedHandler(t, nil)
	header, body := scrape(t, h, acceptOpenMetrics)
	if got := header.Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text; version=1.0.0") {
		t.Fatalf("Content-Type %q", got)
	}
	if !strings.HasSuffix(body, "\n# EOF\n") {
		t.Errorf("the answer ends in %q, want # EOF", body[max(0, len(body)-40):])
	}
	for _, line := range []string{
		"# TYPE helix_completed unknown", "helix_completed 17.0",
		"# TYPE helix_dropped unknown", "helix_dropped 3.0",
		"# TYPE helix_routed unknown", `helix_routed{strategy="inline"} 4.0`,
		"# TYPE helix_jobs counter", `helix_jobs_total{kind="pair",outcome="done",strategy="batch"} 8.0`,
		"# TYPE helix_run_seconds histogram", "# UNIT helix_run_seconds seconds",
		"# UNIT helix_pressure_ratio ratio",
		`helix_run_seconds_bucket{kind="pair",strategy="batch",le="+Inf"} 8`,
	} {
		if !strings.Contains(body, "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	if bad := regexp.MustCompile(`helix_(completed|dropped|routed)_total`).FindString(body); bad != "" {
		t.Errorf("an old name got a suffix: %s", bad)
	}
}

// TestText has the old counters as counters, and no end mark.
func TestText(t *testing.T) {
	_, h := exercisedHandler(t, nil)
	for _, accept := range []string{acceptText, "", "*/*;q=0.1,text/html"} {
		header, body := scrape(t, h, accept)
		if accept == acceptText && !strings.HasPrefix(header.Get("Content-Type"), "text/plain; version=0.0.4") {
			t.Errorf("Accept %q gave %q", accept, header.Get("Content-Type"))
		}
		if accept == acceptText && (!strings.Contains(body, "\n# TYPE helix_completed counter\nhelix_completed 17\n") || strings.Contains(body, "# EOF")) {
			t.Errorf("Accept %q: helix_completed is not a counter, or the text ends in # EOF", accept)
		}
	}
}

// TestBuildInfo knows Go's version in any build.
func TestBuildInfo(t *testing.T) {
	_, body := scrape(t, metrics.Handler(newRouter(t, nil)), acceptText)
	line := regexp.MustCompile(`(?m)^helix_build_info\{goversion="(.+)",revision=".+",version=".+"\} 1$`).FindStringSubmatch(body)
	if line == nil || line[1] != runtime.Version() {
		t.Errorf("build info %q, want Go %s", line, runtime.Version())
	}
}

// TestExtra serves the runtime, the process and what the caller adds; what fails
// takes nothing else along.
func TestExtra(t *testing.T) {
	extra := prometheus.NewGauge(prometheus.GaugeOpts{Name: "extra", Help: "Given by the caller."})
	broken := prometheus.NewInvalidMetric(prometheus.NewDesc("broken", "Fails.", nil, nil), errBroken)
	h := metrics.Handler(newRouter(t, nil), extra, collectorOf{broken})
	scrape(t, h, acceptText)
	_, body := scrape(t, h, acceptText)
	for _, want := range []string{"\nextra 0\n", "\ngo_goroutines ", "\nprocess_start_time_seconds ", "\nhelix_inflight 0\n",
		`promhttp_metric_handler_errors_total{cause="gathering"} 1`} {
		if !strings.Contains(body, want) {
			if strings.Contains(want, "process_") && runtime.GOOS != "linux" {
				continue
			}
			t.Errorf("no %q", want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("two equal collectors were taken")
		}
	}()
	metrics.Handler(newRouter(t, nil), extra, extra)
}

const errBroken = brokenError("broken on purpose")

type brokenError string

func (e brokenError) Error() string { return string(e) }

// collectorOf is a collector of one metric.
type collectorOf struct{ m prometheus.Metric }

func (c collectorOf) Describe(out chan<- *prometheus.Desc) { out <- c.m.Desc() }
func (c collectorOf) Collect(out chan<- prometheus.Metric) { out <- c.m }

// TestScrapesWhileJobsRun is for the race detector, and for counters that go back.
func TestScrapesWhileJobsRun(t *testing.T) {
	r := newRouter(t, func(c *helix.Config) { c.BackpressureBusyThreshold = 3 })
	h := metrics.Handler(r)
	var jobs, scrapes sync.WaitGroup
	for i := range 4 {
		jobs.Go(func() {
			for n := range 500 {
				run(r, helix.Hint{Kind: "work", Cost: []uint64{cheap, moderate, heavy}[(i+n)%3]}, fine)
			}
		})
	}
	for _, accept := range []string{acceptText, acceptOpenMetrics, acceptProtobuf} {
		scrapes.Go(func() {
			before := 0.0
			for range 20 {
				if accept == acceptOpenMetrics {
					scrape(t, h, accept)
					continue
				}
				found := families(t, h, accept)
				done := find(found["helix_completed"]).GetCounter().GetValue()
				if done < before {
					t.Errorf("helix_completed went from %v to %v", before, done)
				}
				before = done
				for _, m := range found["helix_run_seconds"].GetMetric() {
					if accept == acceptProtobuf {
						checkConsistent(t, m.GetHistogram())
					}
				}
			}
		})
	}
	scrapes.Wait()
	jobs.Wait()
	if done := find(families(t, h, acceptText)["helix_completed"]).GetCounter().GetValue(); done != 2000 {
		t.Errorf("helix_completed = %v after 2000 jobs", done)
	}
}
