package metrics_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"pgregory.net/rapid"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/metrics"
)

const (
	traceA = "4bf92f3577b34da6a3ce929d0e0e4736"
	traceB = "0af7651916cd43dd8448eb211c80319c"
	spanA  = "00f067aa0ba902b7"
)

// exemplarsOf scrapes protobuf and returns one histogram of "work" inline.
func exemplarsOf(tb testing.TB, r *helix.Router, e *metrics.Exemplars, family string) *dto.Histogram {
	tb.Helper()
	h := metrics.HandlerOf(metrics.NewCollector(r, metrics.WithExemplars(e)))
	m := find(families(tb, h, acceptProtobuf)[family], "work", "inline")
	if m == nil {
		tb.Fatalf("no %s", family)
	}
	return m.GetHistogram()
}

// TestExemplars: the last traced job of a bucket stands there, in each format that can tell.
func TestExemplars(t *testing.T) {
	r := newRouter(t, nil)
	run(r, helix.Hint{Kind: "work", Cost: cheap}, fine)
	var e metrics.Exemplars
	now := time.Now()
	e.Observe("work", "inline", 0, 30*time.Millisecond, traceA, spanA, now)
	e.Observe("work", "inline", 0, 40*time.Millisecond, traceB, spanA, now.Add(time.Second))
	e.Observe("work", "inline", 0, time.Hour, traceA, spanA, now.Add(-time.Second))
	h := exemplarsOf(t, r, &e, "helix_run_seconds")
	for _, b := range h.GetBucket() {
		x := b.GetExemplar()
		switch {
		case b.GetUpperBound() == 0.05:
			if x.GetValue() != 0.04 || x.GetLabel()[0].GetValue() != traceB || !x.GetTimestamp().AsTime().Equal(now.Add(time.Second)) {
				t.Errorf("bucket 0.05 has %v", x)
			}
		case math.IsInf(b.GetUpperBound(), 1):
			if x.GetValue() != 3600 {
				t.Errorf("bucket +Inf has %v", x)
			}
		case x != nil:
			t.Errorf("bucket %v has %v", b.GetUpperBound(), x)
		}
	}
	if native := h.GetExemplars(); len(native) != 2 || native[0].GetValue() != 3600 {
		t.Errorf("native exemplars %v, want the older one first", native)
	}
	_, open := scrape(t, metrics.HandlerOf(metrics.NewCollector(r, metrics.WithExemplars(&e))), acceptOpenMetrics)
	want := `strategy="inline",le="0.05"} 1 # {trace_id="` + traceB + `",span_id="` + spanA + `"} 0.04 `
	if !strings.Contains(open, want) {
		t.Errorf("OpenMetrics has no %q", want)
	}
	if _, text := scrape(t, metrics.HandlerOf(metrics.NewCollector(r, metrics.WithExemplars(&e))), acceptText); strings.Contains(text, traceA) {
		t.Error("the old text format has exemplars, which it cannot tell from a syntax error")
	}
}

// TestNoExemplars: what is not traced is as it was.
func TestNoExemplars(t *testing.T) {
	r := newRouter(t, nil)
	run(r, helix.Hint{Kind: "work", Cost: cheap}, fine)
	for _, e := range []*metrics.Exemplars{nil, {}} {
		h := exemplarsOf(t, r, e, "helix_sojourn_seconds")
		if len(h.GetExemplars()) != 0 || len(h.GetBucket()) != 17 {
			t.Errorf("%d exemplars, %d buckets", len(h.GetExemplars()), len(h.GetBucket()))
		}
	}
}

// TestExemplarsInTheirBuckets: each is at most its bucket's bound and above the one before.
func TestExemplarsInTheirBuckets(t *testing.T) {
	r := newRouter(t, nil)
	run(r, helix.Hint{Kind: "work", Cost: cheap}, fine)
	rapid.Check(t, func(rt *rapid.T) {
		var e metrics.Exemplars
		for range rapid.IntRange(1, 50).Draw(rt, "jobs") {
			took := rapid.Int64Range(0, int64(2*time.Minute)).Draw(rt, "took")
			e.Observe("work", "inline", 0, time.Duration(took), traceA, spanA, time.Unix(rapid.Int64Range(1, 1e9).Draw(rt, "at"), 0))
		}
		h := exemplarsOf(t, r, &e, "helix_run_seconds")
		below := -1.0
		for _, b := range h.GetBucket() {
			if x := b.GetExemplar(); x != nil && (x.GetValue() > b.GetUpperBound() || x.GetValue() <= below) {
				rt.Fatalf("%v in the bucket from %v to %v", x.GetValue(), below, b.GetUpperBound())
			}
			below = b.GetUpperBound()
		}
		for i, x := range h.GetExemplars() {
			if i > 0 && x.GetTimestamp().AsTime().Before(h.GetExemplars()[i-1].GetTimestamp().AsTime()) {
				rt.Fatal("native exemplars are out of order")
			}
		}
	})
}

// TestExemplarsAreBounded: ids that do not fit are not kept, nor kinds without end.
func TestExemplarsAreBounded(t *testing.T) {
	r := newRouter(t, nil)
	run(r, helix.Hint{Kind: "work", Cost: cheap}, fine)
	var e metrics.Exemplars
	for i := range 2000 {
		e.Observe(fmt.Sprint("kind-", i), "inline", 0, 1, traceA, spanA, time.Now())
	}
	e.Observe("work", "inline", 0, 1, traceA, spanA, time.Now())
	if h := exemplarsOf(t, r, &e, "helix_run_seconds"); len(h.GetExemplars()) != 0 {
		t.Error("a kind beyond the bound is kept")
	}
	e = metrics.Exemplars{}
	for _, id := range []string{"", strings.Repeat("a", 65)} {
		e.Observe("work", "inline", 0, 1, id, spanA, time.Now())
	}
	if h := exemplarsOf(t, r, &e, "helix_run_seconds"); len(h.GetExemplars()) != 0 {
		t.Errorf("kept %v", h.GetExemplars())
	}
}

// TestExemplarsAtOnce is for the race detector: jobs end while servers scrape.
func TestExemplarsAtOnce(t *testing.T) {
	r := newRouter(t, nil)
	run(r, helix.Hint{Kind: "work", Cost: cheap}, fine)
	var e metrics.Exemplars
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 500 {
				e.Observe("work", "inline", time.Duration(i), time.Duration(i)*time.Millisecond, traceA, spanA, time.Now())
			}
		})
	}
	for range 5 {
		exemplarsOf(t, r, &e, "helix_queue_wait_seconds")
	}
	all.Wait()
}

// BenchmarkExemplar measures what a traced job pays.
func BenchmarkExemplar(b *testing.B) {
	var e metrics.Exemplars
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		e.Observe("work", "inline", time.Millisecond, time.Second, traceA, spanA, now)
	}
}
