package metrics_test

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/metrics"
)

// soak is how long TestRealPrometheus goes on at least, with the rules as they are shipped:
//
//	go test ./metrics -run RealPrometheus -soak 2m -v
var soak = flag.Duration("soak", 0, "run TestRealPrometheus for so long, with the rules as shipped; 0 is a short run with shorter rules")

// pace is what differs between the short run and the long one.
type pace struct {
	interval time.Duration     // of scrapes and evaluations
	shorten  *strings.Replacer // of the rules
	patience time.Duration     // for an alert to fire, and to clear
	least    time.Duration     // of the whole run
}

func newPace() pace {
	if *soak > 0 {
		return pace{time.Second, strings.NewReplacer(), 4 * time.Minute, *soak}
	}
	return pace{500 * time.Millisecond, strings.NewReplacer("[1m]", "[5s]", "for: 1m", "for: 2s"), time.Minute, 0}
}

// load keeps a router busy until it is stopped: a light load always, and more than two
// slots can do while overload is on.
type load struct {
	router   *helix.Router
	traced   *metrics.Exemplars // of each heavy job, as if it had a trace
	stop     chan struct{}
	ended    sync.WaitGroup
	mu       sync.Mutex
	overload bool // guarded by mu
}

func startLoad(t *testing.T, r *helix.Router, traced *metrics.Exemplars) *load {
	l := &load{router: r, traced: traced, stop: make(chan struct{})}
	l.ended.Go(l.run)
	t.Cleanup(func() { close(l.stop); l.ended.Wait() })
	return l
}

func (l *load) set(overload bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.overload = overload
}

func (l *load) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.overload
}

// run submits a cheap job each 20 ms, and in an overload four heavy ones with it: 200 a
// second, of which two slots of 20 ms each take 100.
func (l *load) run() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		run(l.router, helix.Hint{Kind: "work", Cost: cheap}, fine)
		for range 4 {
			if l.over() {
				l.ended.Go(l.heavy)
			}
		}
	}
}

func (l *load) heavy() {
	ctx, cancel := context.WithCancel(context.Background()) // so that it runs on a worker
	defer cancel()
	began := time.Now()
	_, err := helix.Do(ctx, l.router, helix.Hint{Kind: "work", Cost: heavy}, func(context.Context) (int, error) {
		time.Sleep(20 * time.Millisecond)
		return 0, nil
	})
	if err == nil {
		l.traced.Observe("work", "cpu_pool", 0, time.Since(began), traceB, spanA, time.Now())
	}
}

// alerts are the states of the alerts that are not inactive, by name.
func (s *server) alerts() map[string]string {
	var data struct {
		Alerts []struct {
			State               string
			Labels, Annotations map[string]string
		}
	}
	s.get("/api/v1/alerts", &data)
	found := map[string]string{}
	for _, a := range data.Alerts {
		found[a.Labels["alertname"]] = a.State + ": " + a.Annotations["description"]
	}
	return found
}

// await waits for an alert to be in a state, "" for none, and returns how long that took.
func (s *server) await(alert, state string, patience time.Duration) (time.Duration, string) {
	s.t.Helper()
	began := time.Now()
	for {
		now := s.alerts()[alert]
		if state == "" && now == "" || state != "" && strings.HasPrefix(now, state) {
			return time.Since(began).Round(time.Second / 10), now
		}
		if time.Since(began) > patience {
			s.t.Fatalf("%s is %q after %v, want %q; all alerts: %v", alert, now, patience, state, s.alerts())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// checkRules wants every rule to have been evaluated without an error.
func (s *server) checkRules(want int) {
	s.t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	n := 0
	for start := time.Now(); time.Since(start) < scrapeTimeout; time.Sleep(100 * time.Millisecond) {
		n = 0
		if !s.get("/api/v1/rules", &data) {
			continue
		}
		for _, g := range data.Groups {
			for _, r := range g.Rules {
				if r.LastError != "" {
					s.t.Fatalf("rule %s: %s", r.Name, r.LastError)
				}
				if r.Health == "ok" {
					n++
				}
			}
		}
		if n == want {
			return
		}
	}
	s.t.Fatalf("%d rules are evaluated, want %d: %+v", n, want, data)
}

// results is how many series a query finds.
func (s *server) results(query string) int {
	var data struct{ Result []any }
	if !s.get("/api/v1/query?query="+url.QueryEscape(query), &data) {
		return -1
	}
	return len(data.Result)
}

// exemplarTraces are the trace ids in the exemplars of a metric.
func (s *server) exemplarTraces(metric string) map[string]int {
	var data []struct {
		Exemplars []struct{ Labels map[string]string }
	}
	now := time.Now()
	s.get("/api/v1/query_exemplars?"+url.Values{"query": {metric},
		"start": {fmt.Sprint(now.Add(-time.Hour).Unix())}, "end": {fmt.Sprint(now.Unix() + 1)}}.Encode(), &data)
	found := map[string]int{}
	for _, series := range data {
		for _, e := range series.Exemplars {
			found[e.Labels["trace_id"]]++
		}
	}
	return found
}

// onlyClassic are the panels for servers that scrape text.
var onlyClassic = regexp.MustCompile(`^sum by \(le\) \(rate\(\w+_bucket\{[^}]*\}\[1m\]\)\)$`)

// TestRealPrometheus has a real server scrape a router with native histograms, evaluate the
// shipped rules, and see HelixShedding fire in an overload and clear after it.
func TestRealPrometheus(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("runs a Prometheus for some 20 s, whose scrapes of an overload are too late where every access to memory is watched")
	}
	t.Parallel()
	began, p := time.Now(), newPace()
	rules := filepath.Join(t.TempDir(), "helix.rules.yml")
	if err := os.WriteFile(rules, []byte(p.shorten.Replace(read(t, rulesFile))), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRouter(t, nil, inFleet(crew(3)...))
	exercise(t, r)
	var traced metrics.Exemplars
	traced.Observe("work", "inline", 0, 300*time.Nanosecond, traceA, spanA, time.Now())
	h := metrics.HandlerOf(metrics.NewCollector(r, metrics.WithExemplars(&traced)))
	s := startServer(t, serverSetup{
		interval: p.interval, rules: rules, targets: map[string]*target{"helix": newTarget(t, h, "")},
		flags: []string{"--enable-feature=native-histograms,exemplar-storage"},
	})
	l := startLoad(t, r, &traced)
	s.waitScraped(1)
	s.checkRules(len(readRules(t)))
	t.Logf("%v: every rule is evaluated", time.Since(began).Round(time.Second))
	s.expect("helix", map[string]string{
		`histogram_count(helix_sojourn_seconds{$job,kind="pair"})`: "8",
		`count(helix_sojourn_seconds_bucket{$job}) or vector(0)`:   "0", // the native ones are in their place
	})
	if found := s.exemplarTraces("helix_sojourn_seconds"); found[traceA] == 0 {
		t.Errorf("exemplars of the traces %v, want %s", found, traceA)
	}
	if state := s.alerts()["HelixShedding"]; state != "" {
		t.Errorf("HelixShedding is %s before the overload", state)
	}

	l.set(true)
	took, said := s.await("HelixShedding", "firing", p.patience)
	t.Logf("%v: HelixShedding after %v of overload: %s", time.Since(began).Round(time.Second), took, said)
	s.checkDashboard()
	s.logNumbers("in the overload")

	l.set(false)
	took, _ = s.await("HelixShedding", "", p.patience)
	t.Logf("%v: HelixShedding clear %v after the overload", time.Since(began).Round(time.Second), took)
	time.Sleep(time.Until(began.Add(p.least)))
	s.logNumbers("after it")
	for name, state := range s.alerts() {
		if strings.HasPrefix(state, "firing") {
			t.Errorf("%s at the end: %s", name, state)
		}
	}
	s.checkRules(len(readRules(t)))
}

// checkDashboard wants each panel to show something.
func (s *server) checkDashboard() {
	s.t.Helper()
	for where, query := range readDashboardQueries(s.t) {
		n := s.results(query)
		if classic := onlyClassic.MatchString(query); n < 1 && !classic || n != 0 && classic {
			s.t.Errorf("panel %s has %d series: %s", where, n, query)
		}
	}
}

// logNumbers shows what the recording rules say.
func (s *server) logNumbers(when string) {
	for _, query := range []string{
		"helix:jobs:rate1m", "helix:goodput:ratio1m", "sum(helix:shed:ratio1m)", `helix:sojourn_seconds:p99_1m{strategy="cpu_pool"}`,
		"helix:pressure:avg1m", "helix:queue:ratio", "helix_ledger_imbalance",
	} {
		s.t.Logf("%s: %s = %s", when, query, s.value(query))
	}
}
