package httpapi_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

// TestTraceWrapsJobs: Options.Trace sees every request for jobs that may be made, with the
// status of its answer, and nothing else.
func TestTraceWrapsJobs(t *testing.T) {
	var seen []int
	g := newRig(t, helix.DefaultConfig(), httpapi.Options{Trace: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			x := &statusWriter{ResponseWriter: w}
			next.ServeHTTP(x, r)
			seen = append(seen, x.status)
		})
	}})
	const job = `{"id":1,"kind":"Echo","inputs":[],"compute_cost":1,"scaling_potential":0,"latency_budget_ms":0}`
	for _, tt := range []struct {
		method, path, body string
		header             []string
		status             int
	}{
		{"POST", "/api/jobs", job, nil, 200},
		{"POST", "/api/jobs", "[" + job + "]", nil, 200},
		{"POST", "/api/jobs", `{"id":1}`, nil, 422},
		{"POST", "/api/jobs", job, []string{"Origin: https://evil.example"}, 403},
		{"GET", "/api/jobs", "", nil, 405},
		{"GET", "/", "", nil, 200},
		{"GET", "/api/stats", "", nil, 200},
	} {
		if a := g.call(t, tt.method, tt.path, tt.body, tt.header...); a.status != tt.status {
			t.Errorf("%s %s: status %d, want %d: %s", tt.method, tt.path, a.status, tt.status, a.body)
		}
	}
	if want := []int{200, 200, 422}; !slices.Equal(seen, want) {
		t.Errorf("traced the answers %v, want %v", seen, want)
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
