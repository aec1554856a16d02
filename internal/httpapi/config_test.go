package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

func configJSON(t testing.TB, change func(*helix.Config)) string {
	t.Helper()
	c := helix.DefaultConfig()
	if change != nil {
		change(&c)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestChangeConfig(t *testing.T) {
	start := func(c *helix.Config) { c.BatchMaxSize, c.EMAAlpha = 16, 0.5 }
	patched := func(changes ...func(*helix.Config)) string {
		return configJSON(t, func(c *helix.Config) {
			start(c)
			for _, change := range changes {
				change(c)
			}
		})
	}
	const merge = "Content-Type: application/merge-patch+json"
	for _, c := range []struct{ name, method, query, body, header, answer, live string }{
		{"merge", "PATCH", "", `{"cpu_queue_cap":9}`, "X: y", patched(func(c *helix.Config) { c.CPUQueueCap = 9 }), ""},
		{"merge patch type", "PATCH", "", `{"cpu_queue_cap":9}`, merge, patched(func(c *helix.Config) { c.CPUQueueCap = 9 }), ""},
		{"empty", "PATCH", "", `{}`, "X: y", patched(), ""},
		{"null resets", "PATCH", "", `{"ema_alpha":null}`, "X: y", patched(func(c *helix.Config) { c.EMAAlpha = 0.15 }), ""},
		{"boundary", "PATCH", "", `{"ema_alpha":1,"cpu_queue_cap":8,"inline_threshold":59999}`, "X: y",
			patched(func(c *helix.Config) { c.EMAAlpha, c.CPUQueueCap, c.InlineThreshold = 1, 8, 59999 }), ""},
		{"big integer", "PATCH", "", `{"spawn_threshold":9007199254740991}`, "X: y",
			patched(func(c *helix.Config) { c.SpawnThreshold = 9007199254740991 }), ""},
		{"replace", "POST", "", `{"cpu_queue_cap":9}`, "X: y", configJSON(t, func(c *helix.Config) { c.CPUQueueCap = 9 }), ""},
		{"replace by defaults", "POST", "", `{}`, "X: y", configJSON(t, nil), ""},
		{"replace null", "POST", "", `{"batch_max_size":null}`, "X: y", configJSON(t, nil), ""},
		{"dry merge", "PATCH", "?dry_run=true", `{"cpu_queue_cap":9}`, "X: y", patched(func(c *helix.Config) { c.CPUQueueCap = 9 }), patched()},
		{"dry replace", "POST", "?dry_run=1", `{}`, "X: y", configJSON(t, nil), patched()},
		{"not dry", "POST", "?dry_run=false", `{}`, "X: y", configJSON(t, nil), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := helix.DefaultConfig()
			start(&config)
			r := newRig(t, config, httpapi.Options{})
			a := r.call(t, c.method, "/api/config"+c.query, c.body, c.header)
			if a.status != 200 || a.body != c.answer {
				t.Errorf("got  %d %s\nwant %s", a.status, a.body, c.answer)
			}
			live := r.call(t, "GET", "/api/config", "")
			if c.live == "" {
				c.live = c.answer
			}
			if live.body != c.live {
				t.Errorf("live %s\nwant %s", live.body, c.live)
			}
			tag := a.header.Get("ETag")
			if tag != live.header.Get("ETag") || !strings.HasPrefix(tag, `"`) || len(tag) != 34 {
				t.Errorf("ETag %s, live %s", tag, live.header.Get("ETag"))
			}
		})
	}
}

func TestInvalidConfig(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	before := r.call(t, "GET", "/api/config", "")
	if before.body != configJSON(t, nil) {
		t.Errorf("defaults: %s", before.body)
	}
	for _, c := range []struct{ query, body, pointers string }{
		{"", `{"ema_alpha":2}`, "/ema_alpha"},
		{"", `{"ema_alpha":0}`, "/ema_alpha"},
		{"", `{"ema_alpha":1e999}`, "/ema_alpha"},
		{"", `{"bogus":1}`, "/bogus"},
		{"", `{"EMA_alpha":0.5}`, "/EMA_alpha"},
		{"", `{"a/b":null}`, "/a~1b"},
		{"", `{"cpu_queue_cap":8.0}`, "/cpu_queue_cap"},
		{"", `{"cpu_queue_cap":"8"}`, "/cpu_queue_cap"},
		{"", `{"cpu_queue_cap":18446744073709551616}`, "/cpu_queue_cap"},
		{"", `{"cpu_queue_cap":7}`, "/cpu_queue_cap"},
		{"", `{"inline_threshold":60000}`, "/inline_threshold"},
		{"", `{"cpu_parallelism":0,"batch_max_size":-1,"policy":"magic","metrics_legacy":1,"x":{}}`,
			"/x /metrics_legacy /cpu_parallelism /batch_max_size /policy"},
		{"?dry_run=true", `{"ema_alpha":2}`, "/ema_alpha"},
		{"", `[]`, ""},
		{"?dry_run=maybe", `{}`, ""},
		{"?dry_run", `{}`, ""},
		{"?dry_run=true;x", `{"batch_max_size":2}`, ""},
		{"?dry_run=%zz", `{"batch_max_size":2}`, ""},
		{"?dryrun=true", `{"batch_max_size":2}`, ""},
		{"?dry_run=true&dry_run=false", `{"batch_max_size":2}`, ""},
	} {
		for _, method := range []string{"PATCH", "POST"} {
			p := problemOf(t, r.call(t, method, "/api/config"+c.query, c.body), 422, "/api/config")
			if p.pointers() != c.pointers {
				t.Errorf("%s %s %s: %q, want %q", method, c.query, c.body, p.pointers(), c.pointers)
			}
		}
	}
	if after := r.call(t, "GET", "/api/config", ""); after.body != before.body || after.header.Get("ETag") != before.header.Get("ETag") {
		t.Errorf("changed: %s", after.body)
	}
}

func TestManyFaultsMakeAShortAnswer(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	var body strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&body, `,"x%d":0`, i)
	}
	for _, path := range []string{"PATCH /api/config", "POST /api/telemetry", "POST /api/simulate", "POST /api/jobs"} {
		method, path, _ := strings.Cut(path, " ")
		a := r.call(t, method, path, "{"+body.String()[1:]+"}")
		if p := problemOf(t, a, 422, path); len(p.Errors) != 1000 || len(p.Detail) > 4000 || !strings.Contains(p.Detail, " more") {
			t.Errorf("%s: %d faults, detail of %d bytes", path, len(p.Errors), len(p.Detail))
		}
	}
}

func TestPreconditions(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	tag := r.call(t, "GET", "/api/config", "").header.Get("ETag")
	for _, c := range []struct {
		method, header string
		status         int
	}{
		{"PATCH", "If-Match: " + tag, 200},
		{"PATCH", "If-Match: *", 200},
		{"PATCH", `If-Match: "a", "b,c" ,` + tag, 200},
		{"POST", `If-Match: "a"`, 412},
		{"POST", "If-Match: W/" + tag, 412},
		{"PATCH", "If-Match: " + strings.Trim(tag, `"`), 412},
		{"PATCH", `If-Match: "unclosed, ` + tag[:len(tag)-1], 412},
		{"PATCH", `If-Match: "a", "b"`, 412},
		{"PATCH", "If-None-Match: *", 412},
		{"PATCH", "If-None-Match: " + tag, 412},
		{"PATCH", `If-None-Match: "a"`, 200},
		{"GET", "If-None-Match: " + tag, 304},
		{"GET", "If-None-Match: W/" + tag, 304},
		{"GET", `If-None-Match: "a", ` + tag, 304},
		{"GET", "If-None-Match: *", 304},
		{"HEAD", "If-None-Match: " + tag, 304},
		{"GET", `If-None-Match: "a"`, 200},
		{"GET", `If-Match: "a"`, 412},
	} {
		body := `{}`
		if c.method == "GET" || c.method == "HEAD" {
			body = ""
		}
		a := r.call(t, c.method, "/api/config", body, c.header)
		if a.status != c.status || a.header.Get("ETag") != tag {
			t.Errorf("%s %s: %d, ETag %s, want %d", c.method, c.header, a.status, a.header.Get("ETag"), c.status)
		}
		if c.status == 304 && a.body != "" {
			t.Errorf("304 with a body: %s", a.body)
		}
		if c.status == 412 {
			problemOf(t, a, 412, "/api/config")
		}
	}
	// A dry run obeys the condition too, and its tag is good for the change that follows.
	dry := r.call(t, "PATCH", "/api/config?dry_run=true", `{"batch_max_size":2}`, "If-Match: "+tag)
	if dry.status != 200 || r.call(t, "PATCH", "/api/config", `{"batch_max_size":2}`, "If-Match: "+dry.header.Get("ETag")).status != 200 {
		t.Errorf("%+v", dry)
	}
	problemOf(t, r.call(t, "PATCH", "/api/config?dry_run=true", `{}`, "If-Match: "+tag), 412, "/api/config")
}

// Of any number of writers that read one tag exactly one wins, each round.
func TestRacingWriters(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	const rounds, writers = 20, 8
	for round := range rounds {
		tag := r.call(t, "GET", "/api/config", "").header.Get("ETag")
		var won atomic.Int64
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				body := fmt.Sprintf(`{"cpu_queue_cap":%d}`, 100+round*writers+w)
				switch a := r.call(t, "PATCH", "/api/config", body, "If-Match: "+tag); a.status {
				case http.StatusOK:
					won.Add(1)
				case http.StatusPreconditionFailed:
				default:
					t.Errorf("%+v", a)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("round %d: %d writers won", round, won.Load())
		}
	}
}

// Patches without a condition that touch different fields all take effect.
func TestRacingPatches(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	var all sync.WaitGroup
	for _, body := range []string{`{"batch_max_size":3}`, `{"batch_max_delay_ms":4}`, `{"ema_alpha":0.6}`, `{"cpu_queue_cap":77}`, `{"spawn_limit":5}`} {
		all.Go(func() {
			if a := r.call(t, "PATCH", "/api/config", body); a.status != 200 {
				t.Errorf("%+v", a)
			}
		})
	}
	all.Wait()
	want := configJSON(t, func(c *helix.Config) {
		c.BatchMaxSize, c.BatchMaxDelayMS, c.EMAAlpha, c.CPUQueueCap, c.SpawnLimit = 3, 4, 0.6, 77, 5
	})
	if got := r.call(t, "GET", "/api/config", ""); got.body != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
}
