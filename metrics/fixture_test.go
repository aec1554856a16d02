package metrics_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/metrics"
)

// What a scraper writes into Accept to get each format.
const (
	acceptText        = "text/plain;version=0.0.4"
	acceptOpenMetrics = "application/openmetrics-text;version=1.0.0"
	acceptProtobuf    = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)

// Costs that go to each strategy of a router with the default thresholds.
const (
	cheap    = 1
	moderate = 20_000
	heavy    = 100_000
)

func newRouter(tb testing.TB, change func(*helix.Config), options ...helix.Option) *helix.Router {
	tb.Helper()
	config := helix.DefaultConfig()
	config.Policy = helix.PolicyThreshold // the documented table says which job goes where
	config.CPUParallelism, config.BackpressureBusyThreshold = 2, 2
	if change != nil {
		change(&config)
	}
	r, err := helix.New(config, options...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return r
}

func withoutLegacy(c *helix.Config) { c.MetricsLegacy = false }

// run runs fn and drops its error: the ledger keeps it.
func run(r *helix.Router, h helix.Hint, fn func() error) {
	helix.Do(context.Background(), r, h, func(context.Context) (int, error) { return 0, fn() })
}

func fine() error { return nil }

// exercise ends jobs in every way and on every strategy. Every number is then known:
// "work" has 3 inline done and 1 failed, 2 spawn done and 1 panicked, 4 cpu_pool done
// and 1 expired, 3 shed; "pair" has 8 batch done.
func exercise(tb testing.TB, r *helix.Router) {
	tb.Helper()
	work := func(cost uint64) helix.Hint { return helix.Hint{Kind: "work", Cost: cost} }
	for range 3 {
		run(r, work(cheap), fine)
	}
	run(r, work(cheap), func() error { return errors.New("failed") })
	for range 2 {
		run(r, work(moderate), fine)
	}
	run(r, work(moderate), func() error { panic("boom") })
	for range 2 {
		run(r, work(heavy), fine)
	}
	late := work(heavy)
	late.Deadline = time.Now().Add(-time.Second)
	run(r, late, fine)
	whilePoolIsFull(r, func() {
		for range 3 {
			run(r, work(heavy), fine)
		}
	})
	pairs(tb, r)
}

// whilePoolIsFull takes both slots with two more heavy jobs of "work" and calls fn.
func whilePoolIsFull(r *helix.Router, fn func()) {
	var running, ended sync.WaitGroup
	release := make(chan struct{})
	running.Add(2)
	for range 2 {
		ended.Go(func() {
			run(r, helix.Hint{Kind: "work", Cost: heavy}, func() error { running.Done(); <-release; return nil })
		})
	}
	running.Wait()
	fn()
	close(release)
	ended.Wait()
}

func pairs(tb testing.TB, r *helix.Router) {
	tb.Helper()
	h, err := helix.Register(r, helix.Kind[int, int]{
		Name: "pair",
		Run:  func(_ context.Context, n int) (int, error) { return n, nil },
		Batch: func(_ context.Context, in []int) ([]helix.Result[int], error) {
			return make([]helix.Result[int], len(in)), nil
		},
		Units: func(int) uint64 { return heavy },
	})
	if err != nil {
		tb.Fatal(err)
	}
	var started []*helix.Future[int]
	for i := range 8 {
		started = append(started, h.Go(context.Background(), i, helix.Scaling(0.9)))
	}
	for _, f := range started {
		if _, err := f.Wait(context.Background()); err != nil {
			tb.Fatal(err)
		}
	}
}

// scrape asks the handler once and returns the answer's header and body.
func scrape(tb testing.TB, h http.Handler, accept string) (http.Header, string) {
	tb.Helper()
	request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept", accept)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		tb.Fatalf("status %d: %s", answer.Code, answer.Body)
	}
	return answer.Header(), answer.Body.String()
}

// families scrapes and parses text or protobuf.
func families(tb testing.TB, h http.Handler, accept string) map[string]*dto.MetricFamily {
	tb.Helper()
	header, body := scrape(tb, h, accept)
	decoder := expfmt.NewDecoder(bytes.NewReader([]byte(body)), expfmt.ResponseFormat(header))
	found := map[string]*dto.MetricFamily{}
	for {
		f := new(dto.MetricFamily)
		switch err := decoder.Decode(f); {
		case errors.Is(err, io.EOF):
			return found
		case err != nil:
			tb.Fatal(err)
		}
		found[f.GetName()] = f
	}
}

// find returns the metric of a family with these label values, in the order of the
// sorted label names, or nil.
func find(f *dto.MetricFamily, values ...string) *dto.Metric {
	for _, m := range f.GetMetric() {
		var have []string
		for _, l := range m.GetLabel() {
			have = append(have, l.GetValue())
		}
		if strings.Join(have, "|") == strings.Join(values, "|") {
			return m
		}
	}
	return nil
}

func exercisedHandler(tb testing.TB, change func(*helix.Config), options ...helix.Option) (*helix.Router, http.Handler) {
	tb.Helper()
	r := newRouter(tb, change, options...)
	exercise(tb, r)
	return r, metrics.Handler(r)
}
