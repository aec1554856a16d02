package httpapi_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/httpapi"
)

func TestTheLiveServerKnowsOnePathAndWhenToGiveUp(t *testing.T) {
	silence := time.Duration(0)
	s := httpapi.LiveServer(func() time.Duration { return silence }, nil)
	for _, c := range []struct {
		method, path string
		silence      time.Duration
		status       int
		body         string
	}{
		{"GET", "/livez", 0, 200, `{"status":"ok"}`},
		{"HEAD", "/livez", 9 * time.Second, 200, ""},
		{"GET", "/livez", 11 * time.Second, 503, "no sign of life for 11 s"},
		{"POST", "/livez", 0, 405, "GET, HEAD"},
		{"GET", "/api/stats", 0, 404, "/livez alone"},
	} {
		silence = c.silence
		w := httptest.NewRecorder()
		s.Handler.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s after %v: %d %s", c.method, c.path, c.silence, w.Code, w.Body)
		}
	}
}
