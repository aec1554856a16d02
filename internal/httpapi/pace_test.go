package httpapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

func TestWritesFromAfarArePaced(t *testing.T) {
	began, fast := time.Now(), time.Duration(0)
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Token: "s3cret", Now: func() time.Time { return began.Add(fast) }})
	write := func(peer, token, path, body string) answer {
		return r.call(t, "POST", path, body, "Test-Peer: "+peer, "Authorization: Bearer "+token)
	}
	const good, pressure = "s3cret", `{"pressure":0.1}`
	for i := range 40 {
		if a := write("192.0.2.7:1", good, "/api/telemetry", pressure); a.status != 204 {
			t.Fatalf("write %d: %d", i, a.status)
		}
	}
	a := write("192.0.2.7:2", good, "/api/telemetry", pressure)
	problemOf(t, a, 429, "/api/telemetry")
	if a.header.Get("Retry-After") != "1" || strings.Contains(a.body, good) {
		t.Errorf("%+v", a)
	}
	for who, c := range map[string]struct {
		peer, token, path, body string
		status                  int
	}{
		"another address":      {"192.0.2.8:1", good, "/api/telemetry", pressure, 204},
		"a job":                {"192.0.2.7:1", good, "/api/jobs", record("Echo", 1, 1), 200},
		"a wrong token":        {"192.0.2.7:1", "guess", "/api/telemetry", pressure, 401},
		"loopback":             {"127.0.0.1:1", "", "/api/telemetry", pressure, 204},
		"an address in IPv6":   {"[2001:db8::1]:1", good, "/api/telemetry", pressure, 204},
		"an address like none": {"pipe", good, "/api/telemetry", pressure, 204},
	} {
		if a := write(c.peer, c.token, c.path, c.body); a.status != c.status {
			t.Errorf("%s: %d %s", who, a.status, a.body)
		}
	}
	for i := range 60 { // one network, many addresses; guesses count for themselves
		a := write(fmt.Sprintf("[2001:db8::%x]:1", i), "guess", "/api/jobs", record("Echo", 1, 1))
		if want := map[bool]int{true: 401, false: 429}[i < 40]; a.status != want {
			t.Errorf("guess %d: %d", i, a.status)
		}
	}
	fast = 100 * time.Millisecond
	if a := write("192.0.2.7:2", good, "/api/telemetry", pressure); a.status != 204 {
		t.Errorf("a tenth of a second later: %d", a.status)
	}
}

func TestThePacesAreBounded(t *testing.T) {
	began := time.Now()
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Now: func() time.Time { return began }})
	for i := range 1100 {
		a := r.call(t, "POST", "/api/telemetry", "{}", fmt.Sprintf("Test-Peer: 10.0.%d.%d:1", i/250, i%250))
		if a.status != 401 {
			t.Fatalf("%d: %d", i, a.status)
		}
	}
	if n := r.api.Writers(); n > 1024 {
		t.Errorf("%d writers are known", n)
	}
}

func TestEveryAnswerTellsBrowsersWhatTheyMayDo(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	for _, path := range []string{"/", "/docs", "/openapi.json", "/livez", "/api/stats", "/nope", "/api/stream/decisions?x=1"} {
		h := r.call(t, "GET", path, "").header
		policy := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'self';") || strings.Contains(policy, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, h)
		}
	}
	if h := r.call(t, "GET", "/livez", "", "Host: evil.example").header; h.Get("Content-Security-Policy") == "" {
		t.Error("a refused host has no policy")
	}
}
