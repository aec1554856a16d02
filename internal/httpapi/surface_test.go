package httpapi_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

func TestUnknownPathsAndMethods(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/nope", 404, ""},
		{"POST", "/nope", 404, ""},
		{"GET", "/api/stats/", 404, ""},
		{"GET", "/metrics", 404, ""}, // no handler was given
		{"GET", "/openapi", 404, ""},
		{"GET", "/docs/", 404, ""},
		{"GET", "//health", 404, ""},
		{"POST", "//api/jobs", 404, ""},
		{"GET", "/api/../health", 404, ""},
		{"GET", "/%68ealth", 404, ""},
		{"GET", "/api/decisions/", 404, ""},
		{"GET", "/api/decisions/1/", 404, ""},
		{"POST", "/api/decisions", 405, "GET, HEAD"},
		{"DELETE", "/api/decisions/7", 405, "GET, HEAD"},
		{"POST", "/", 405, "GET, HEAD"},
		{"POST", "/health", 405, "GET, HEAD"},
		{"DELETE", "/livez", 405, "GET, HEAD"},
		{"PUT", "/readyz", 405, "GET, HEAD"},
		{"POST", "/api/stats", 405, "GET, HEAD"},
		{"OPTIONS", "/api/stats", 405, "GET, HEAD"},
		{"PUT", "/api/config", 405, "GET, HEAD, PATCH, POST"},
		{"GET", "/api/jobs", 405, "POST"},
		{"GET", "/api/telemetry", 405, "POST"},
		{"GET", "/api/simulate", 405, "POST"},
	} {
		t.Run(c.method+c.path, func(t *testing.T) {
			a := r.call(t, c.method, c.path, "")
			problemOf(t, a, c.status, c.path)
			if got := a.header.Get("Allow"); got != c.allow {
				t.Errorf("Allow %q, want %q", got, c.allow)
			}
		})
	}
}

// Every endpoint that takes a body reads it through the same door.
func TestBodies(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	before := r.router.Config()
	for _, path := range []string{"POST /api/config", "PATCH /api/config", "POST /api/telemetry", "POST /api/jobs", "POST /api/simulate"} {
		method, path, _ := strings.Cut(path, " ")
		for _, c := range []struct {
			name, body string
			status     int
			header     string
		}{
			{"text", `{}`, 415, "Content-Type: text/plain"},
			{"form", `{}`, 415, "Content-Type: application/x-www-form-urlencoded"},
			{"no type", `{}`, 415, "Content-Type:"},
			{"other json", `{}`, 415, "Content-Type: application/problem+json"},
			{"latin", `{}`, 415, "Content-Type: application/json; charset=latin1"},
			{"compressed", `{}`, 415, "Content-Encoding: gzip"},
			{"twice", `{"a":1,"a":2}`, 422, "Content-Encoding: identity"},
			{"empty", ``, 400, "Content-Type: application/json"},
			{"cut", `{"jobs":`, 400, "X: y"},
			{"two", `{} {}`, 400, "X: y"},
			{"trailing", `{} x`, 400, "X: y"},
			{"not utf-8", "{\"a\":\"\xff\"}", 400, "X: y"},
			{"deep", strings.Repeat("[", 20000), 400, "X: y"},
			{"NaN", `{"pressure":NaN}`, 400, "X: y"},
			{"large", `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "X: y"},
			{"null", `null`, 422, "X: y"},
			{"text value", `"x"`, 422, "X: y"},
			{"unknown", `{"bogus":1}`, 422, "Content-Type: application/json; charset=UTF-8"},
		} {
			t.Run(method+path+" "+c.name, func(t *testing.T) {
				a := r.call(t, method, path, c.body, c.header)
				problemOf(t, a, c.status, path)
				if c.status == 415 && a.header.Get("Accept-Post")+a.header.Get("Accept-Patch")+a.header.Get("Accept-Encoding") == "" {
					t.Error("does not say what it accepts")
				}
			})
		}
	}
	if s := r.router.Stats(); s.Ledger.Submitted != 0 || r.router.Config() != before || s.Pressure.Score != 0 {
		t.Errorf("something happened: %+v", s)
	}
}

func TestHosts(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Hosts: []string{"helix.example", "With.Port:8080"}})
	for host, status := range map[string]int{
		"localhost": 200, "LOCALHOST:8080": 200, "localhost.": 200, "app.localhost:1": 200, "127.0.0.1:9": 200, "[::1]:9": 200,
		"[::1]": 200, "192.0.2.7": 200, "helix.example": 200, "helix.example:443": 200, "with.port": 200,
		"evil.example": 403, "helix.example.evil.example": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example:80": 403, "notlocalhost": 403,
	} {
		a := r.call(t, "GET", "/livez", "", "Host: "+host)
		if a.status != status {
			t.Errorf("%s: %d, want %d", host, a.status, status)
		}
		if status == 403 {
			problemOf(t, a, 403, "/livez")
		}
	}
}

func TestWhoMayWrite(t *testing.T) {
	const far = "Test-Peer: 192.0.2.7:1234"
	open := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	guarded := newRig(t, helix.DefaultConfig(), httpapi.Options{Token: "s3cret"})
	for _, c := range []struct {
		name   string
		rig    *rig
		status int
		header []string
	}{
		{"loopback", open, 204, nil},
		{"loopback 6", open, 204, []string{"Test-Peer: [::1]:5"}},
		{"loopback 4 in 6", open, 204, []string{"Test-Peer: [::ffff:127.0.0.1]:5"}},
		{"loopback with a token set", guarded, 204, nil},
		{"far, no token set", open, 401, []string{far}},
		{"far, no token set, empty one given", open, 401, []string{far, "Authorization: Bearer "}},
		{"far, none given", guarded, 401, []string{far}},
		{"far, wrong", guarded, 401, []string{far, "Authorization: Bearer wrong"}},
		{"far, part", guarded, 401, []string{far, "Authorization: Bearer s3cre"}},
		{"far, other scheme", guarded, 401, []string{far, "Authorization: Basic s3cret"}},
		{"far, right", guarded, 204, []string{far, "Authorization: Bearer s3cret"}},
		{"far, right, lower case", guarded, 204, []string{far, "Authorization: bearer s3cret"}},
		{"odd peer", guarded, 401, []string{"Test-Peer: @"}},
		{"proxy on loopback", guarded, 401, []string{"X-Forwarded-For: 192.0.2.7"}},
		{"proxy on loopback, by protocol", guarded, 401, []string{"X-Forwarded-Proto: https"}},
		{"proxy on loopback, by host", open, 401, []string{"X-Forwarded-Host: localhost"}},
		{"proxy on loopback, real IP", guarded, 401, []string{"X-Real-IP: 127.0.0.1"}},
		{"proxy on loopback, via", guarded, 401, []string{"via: 1.1 proxy"}},
		{"proxy on loopback, right", guarded, 204, []string{"Forwarded: for=192.0.2.7", "Authorization: Bearer s3cret"}},
		{"cross site", open, 403, []string{"Sec-Fetch-Site: cross-site"}},
		{"cross origin, right token", guarded, 403, []string{far, "Origin: http://evil.example", "Authorization: Bearer s3cret"}},
		{"null origin", open, 403, []string{"Origin: null"}},
		{"same origin", open, 204, []string{"Sec-Fetch-Site: same-origin"}},
		{"rebound name", open, 403, []string{"Host: evil.example", "Origin: http://evil.example", "Sec-Fetch-Site: same-origin"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := c.rig.call(t, "POST", "/api/telemetry", `{"pressure":0.1}`, c.header...)
			if c.status == 204 {
				if a.status != 204 || a.body != "" {
					t.Fatalf("got %d %s", a.status, a.body)
				}
				return
			}
			problemOf(t, a, c.status, "/api/telemetry")
			if challenge := a.header.Get("WWW-Authenticate"); strings.HasPrefix(challenge, "Bearer") != (c.status == 401) {
				t.Errorf("WWW-Authenticate %q", challenge)
			}
			if strings.Contains(a.body, "s3cret") {
				t.Error("the answer tells the token")
			}
		})
	}
	if a := guarded.call(t, "GET", "/api/config", "", far); a.status != 200 {
		t.Errorf("reading from afar: %d", a.status)
	}
	for _, path := range []string{"PATCH /api/config", "POST /api/config", "POST /api/jobs", "POST /api/simulate"} {
		method, path, _ := strings.Cut(path, " ")
		problemOf(t, guarded.call(t, method, path, `{}`, far), 401, path)
	}
}

func TestPanicInHandler(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		panic("oh")
	})})
	a := r.call(t, "GET", "/metrics", "")
	problemOf(t, a, 500, "/metrics")
	if strings.Contains(a.body, "goroutine") || strings.Contains(a.body, "oh\"") {
		t.Errorf("leaks: %s", a.body)
	}
	if log := r.log.String(); !strings.Contains(log, "handler panicked") || !strings.Contains(log, "panic=oh") || !strings.Contains(log, "surface_test.go") {
		t.Errorf("log: %s", log)
	}
}

func TestPanicAfterHalfAnAnswer(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		_ = http.NewResponseController(w).Flush()
		panic("oh")
	})})
	got, err := r.server.Client().Get(r.server.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if _, err := got.Body.Read(make([]byte, 100)); err == nil {
		_, err = got.Body.Read(make([]byte, 100))
		if err == nil || err.Error() == "EOF" {
			t.Error("half an answer passed for a whole one")
		}
	}
}

func TestMetricsAndIndex(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("helix_completed 0\n"))
	})})
	if a := r.call(t, "GET", "/metrics", ""); a.status != 200 || a.body != "helix_completed 0\n" {
		t.Errorf("%+v", a)
	}
	a := r.call(t, "GET", "/", "")
	if a.status != 200 || a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%+v", a)
	}
	for _, path := range []string{"/health", "/livez", "/readyz", "/api/stats", "/api/neural", "/api/autoscaler", "/api/fleet", "/api/decisions", "/api/decisions/{seq}", "/api/config", "/api/telemetry", "/api/jobs", "/api/simulate", "/metrics"} {
		if !strings.Contains(a.body, " "+path+" ") {
			t.Errorf("the list lacks %s:\n%s", path, a.body)
		}
	}
	if a := r.call(t, "HEAD", "/api/config", ""); a.status != 200 || a.body != "" || a.header.Get("ETag") == "" {
		t.Errorf("HEAD %+v", a)
	}
}

// Targets that net/http's client cannot send, and its mux answers by itself.
func TestOddTargets(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	for _, line := range []string{"OPTIONS *", "CONNECT localhost:80", "GET http://localhost/nope"} {
		c, err := net.Dial("tcp", r.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "%s HTTP/1.1\r\nHost: localhost:80\r\nConnection: close\r\n\r\n", line)
		text, err := io.ReadAll(c)
		c.Close()
		if got := string(text); err != nil || !strings.HasPrefix(got, "HTTP/1.1 404 ") || !strings.Contains(got, "\r\nContent-Type: application/problem+json\r\n") || !strings.Contains(got, `"status":404`) {
			t.Errorf("%s: %v\n%s", line, err, got)
		}
	}
}
