package metrics_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/metrics"
)

// benchKinds are how many kinds the benchmarks have, each on one strategy: a usual
// service, and one with many.
var benchKinds = []int{8, 100}

func benchRouter(b *testing.B, kinds int) *helix.Router {
	r := newRouter(b, nil)
	for i := range kinds {
		run(r, helix.Hint{Kind: fmt.Sprintf("kind-%d", i), Cost: cheap}, fine)
	}
	return r
}

// BenchmarkScrape measures a whole scrape in each format.
func BenchmarkScrape(b *testing.B) {
	for _, kinds := range benchKinds {
		h := metrics.Handler(benchRouter(b, kinds))
		for name, accept := range map[string]string{"text": acceptText, "openmetrics": acceptOpenMetrics, "protobuf": acceptProtobuf} {
			b.Run(fmt.Sprintf("kinds=%d/%s", kinds, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
					request.Header.Set("Accept", accept)
					h.ServeHTTP(httptest.NewRecorder(), request)
				}
			})
		}
	}
}

// BenchmarkCollect measures our own part of it, r.Stats() included.
func BenchmarkCollect(b *testing.B) {
	for _, kinds := range benchKinds {
		c := metrics.NewCollector(benchRouter(b, kinds))
		b.Run(fmt.Sprintf("kinds=%d", kinds), func(b *testing.B) {
			out := make(chan prometheus.Metric)
			go func() {
				for range out { // taken and dropped
				}
			}()
			b.ReportAllocs()
			for b.Loop() {
				c.Collect(out)
			}
			close(out)
		})
	}
}
