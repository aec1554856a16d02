package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a router behind a real server. A request with the header Test-Peer comes
// from the address in it, as far as the API can see.
type rig struct {
	router *helix.Router
	api    *httpapi.API
	server *httptest.Server
	log    *logBuffer
	free   chan struct{} // closed to let jobs of the kind Block return
}

func newRig(t testing.TB, c helix.Config, o httpapi.Options, change ...func(*http.Server)) *rig {
	t.Helper()
	return rigWith(t, nil, c, o, change...)
}

// rigWith is newRig with options of the router.
func rigWith(t testing.TB, options []helix.Option, c helix.Config, o httpapi.Options, change ...func(*http.Server)) *rig {
	t.Helper()
	router, err := helix.New(c, options...)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{router: router, log: &logBuffer{}, free: make(chan struct{})}
	r.register(t)
	o.Log = slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.api = httpapi.New(router, o)
	r.server = httptest.NewUnstartedServer(nil)
	r.server.Config = httpapi.Server("", http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if peer := q.Header.Get("Test-Peer"); peer != "" {
			q.RemoteAddr = peer
		}
		r.api.ServeHTTP(w, q)
	}), slog.New(slog.DiscardHandler))
	for _, f := range change {
		f(r.server.Config)
	}
	r.server.Start()
	t.Cleanup(func() {
		r.release()
		r.server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := errors.Join(r.api.Close(ctx), router.Close(ctx)); err != nil {
			t.Error(err)
		}
		r.server.Client().CloseIdleConnections()
	})
	return r
}

func (r *rig) release() {
	select {
	case <-r.free:
	default:
		close(r.free)
	}
}

var errBroken = errors.New("the sample is broken")

// register adds kinds that do what their names say.
func (r *rig) register(t testing.TB) {
	kinds := map[string]func(context.Context, helix.Job) ([]helix.Output, error){
		"Echo": func(_ context.Context, j helix.Job) ([]helix.Output, error) {
			outs := []helix.Output{helix.U64(j.ID)}
			for _, v := range j.Inputs {
				outs = append(outs, helix.U64(v))
			}
			return outs, nil
		},
		"Nothing": func(context.Context, helix.Job) ([]helix.Output, error) { return nil, nil },
		"Fail":    func(context.Context, helix.Job) ([]helix.Output, error) { return nil, errBroken },
		"Panic":   func(context.Context, helix.Job) ([]helix.Output, error) { panic("secret value") },
		"NaN": func(context.Context, helix.Job) ([]helix.Output, error) {
			return []helix.Output{helix.F64(math.NaN())}, nil
		},
		"Block": func(ctx context.Context, _ helix.Job) ([]helix.Output, error) {
			select {
			case <-r.free:
				return nil, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
	}
	for name, run := range kinds {
		if _, err := helix.Register(r.router, helix.Kind[helix.Job, []helix.Output]{Name: name, Run: run}); err != nil {
			t.Fatal(err)
		}
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// call sends one request. Header lines are "Name: value"; a body is sent as JSON
// unless a Content-Type is given ("Content-Type:" sends none).
func (r *rig) call(t testing.TB, method, path, body string, header ...string) answer {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, r.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case name == "Host":
			q.Host = value
		case value == "":
			q.Header.Del(name)
		case name == "Content-Type":
			q.Header.Set(name, value)
		default:
			q.Header.Add(name, value)
		}
	}
	got, err := r.server.Client().Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, string(text)}
}

// problem is what every error must look like.
type problem struct {
	Type, Title, Detail, Instance, Error, Reason string
	Status                                       int
	RetryAfterMS                                 int64   `json:"retry_after_ms"`
	JobID                                        *uint64 `json:"job_id"`
	Errors                                       []struct{ Pointer, Message string }
}

// problemOf checks the form of an error and returns it.
func problemOf(t testing.TB, a answer, status int, path string) problem {
	t.Helper()
	var p problem
	if a.status != status || a.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("got %d %s %s, want a problem of status %d", a.status, a.header.Get("Content-Type"), a.body, status)
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	if p.Type != "about:blank" || p.Title != http.StatusText(status) || p.Status != status || p.Instance != path ||
		p.Detail == "" || p.Error != p.Detail || p.Errors == nil {
		t.Errorf("incomplete problem %s", a.body)
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error("nosniff is missing")
	}
	return p
}

// pointers joins the pointers of a problem's faults.
func (p problem) pointers() string {
	var all []string
	for _, f := range p.Errors {
		if f.Message == "" {
			return "a fault without message"
		}
		all = append(all, f.Pointer)
	}
	return strings.Join(all, " ")
}

// eventually waits for a condition that another goroutine makes true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
