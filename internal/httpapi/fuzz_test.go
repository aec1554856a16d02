package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

// FuzzJobs sends any body. Whatever it is, the answer is a result or a problem that
// blames the body, never a failure of the server (the kinds that fail are not asked
// for by name, or are expected to be).
func FuzzJobs(f *testing.F) {
	good := record("Echo", 1, 1)
	for _, seed := range []string{
		good, "[" + good + "]", "[]", "{}", "null", "", " ", "[null]", "[[]]", "7", `"x"`, "{\"id\":1", good + good, "[" + good + ",{}]",
		strings.Replace(good, "0.5", "1e400", 1), strings.Replace(good, "[1,2]", "[18446744073709551615]", 1),
		strings.Replace(good, "}", `,"deadline":"2020-01-01T00:00:00Z","class":"critical","tenant":"a"}`, 1), "\xff", "\ufeff{}",
	} {
		f.Add(seed)
	}
	r := newRig(f, helix.DefaultConfig(), httpapi.Options{})
	f.Fuzz(func(t *testing.T, body string) {
		for _, failing := range []string{"Fail", "Panic", "NaN", "Block"} {
			if strings.Contains(body, failing) || strings.Contains(body, `\u`) {
				t.Skip("asks for a kind that fails")
			}
		}
		q := httptest.NewRequest("POST", "http://localhost/api/jobs", strings.NewReader(body))
		q.RemoteAddr = "127.0.0.1:1"
		q.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		r.api.ServeHTTP(w, q)
		switch w.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		default:
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("not JSON: %s", w.Body)
		}
		if w.Code == http.StatusUnprocessableEntity {
			a := answer{w.Code, w.Header(), w.Body.String()}
			if p := problemOf(t, a, w.Code, "/api/jobs"); len(p.Errors) == 0 {
				t.Errorf("422 without a fault: %s", a.body)
			}
		}
	})
}
