package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

// listen opens a stream and returns its lines.
func (r *rig) listen(t testing.TB, query string, header ...string) (*http.Response, *bufio.Scanner) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.server.URL+"/api/stream/decisions"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		q.Header.Set(name, value)
	}
	got, err := r.server.Client().Do(q)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { got.Body.Close() })
	return got, bufio.NewScanner(got.Body)
}

// upTo reads to the line that begins so and returns it.
func upTo(t testing.TB, lines *bufio.Scanner, prefix string) string {
	t.Helper()
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), prefix) {
			return lines.Text()
		}
	}
	t.Fatalf("it ended without %q: %v", prefix, lines.Err())
	return ""
}

func TestTheStreamHasTheRowsOfTheList(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	got, lines := r.listen(t, "")
	if got.StatusCode != 200 || got.Header.Get("Content-Type") != "text/event-stream" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%+v", got)
	}
	upTo(t, lines, "retry: ")
	for i := range 3 {
		r.call(t, "POST", "/api/jobs", record("Echo", uint64(i), 5000))
	}
	var rows []string
	for i := range 3 {
		upTo(t, lines, fmt.Sprintf("id: %d", i+1))
		rows = append(rows, strings.TrimPrefix(upTo(t, lines, "data: "), "data: "))
	}
	if list := r.call(t, "GET", "/api/decisions", ""); list.body != "["+strings.Join(rows, ",")+"]" {
		t.Errorf("the list has\n%s, the stream\n%s", list.body, rows)
	}
}

func TestAStreamResumes(t *testing.T) {
	r := decided(t, 5)
	for query, header := range map[string]string{"": "Last-Event-ID: 3", "?last_event_id=3": "X: y", "?last_event_id=1": "Last-Event-ID: 3"} {
		_, lines := r.listen(t, query, header)
		if first := upTo(t, lines, "id: "); first != "id: 4" {
			t.Errorf("%s %s: begins with %s", query, header, first)
		}
	}
	r = newRig(t, helix.DefaultConfig(), httpapi.Options{})
	sub := r.router.Subscribe(1)
	defer sub.Close()
	for range 1100 {
		_, _ = helix.Do(t.Context(), r.router, helix.Hint{}, func(context.Context) (int, error) { return 0, nil })
	}
	_, lines := r.listen(t, "?last_event_id=6")
	if gap := upTo(t, lines, "data: "); gap != `data: {"lost":70,"first":7,"last":76}` {
		t.Error(gap)
	}
	if next := upTo(t, lines, "id: "); next != "id: 77" {
		t.Error(next)
	}
}

func TestQueriesOfStreamsAreRead(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	for query, pointer := range map[string]string{
		"kind=Nope": "/kind", "kind=Echo,Nope": "/kind", "kind=": "/kind", "strategy=fast": "/strategy", "strategy=inline&strategy=": "/strategy",
		"sample=0": "/sample", "sample=1.5": "/sample", "sample=NaN": "/sample", "sample=a": "/sample", "sample=.1&sample=.2": "/sample",
		"last_event_id=-1": "/last_event_id", "last_event_id=": "/last_event_id", "from=1": "/from", "kind=%zz": "",
		"kind=Nope&sample=2": "/kind /sample",
	} {
		p := problemOf(t, r.call(t, "GET", "/api/stream/decisions?"+query, ""), 422, "/api/stream/decisions")
		if p.pointers() != pointer {
			t.Errorf("%s: %q, want %q", query, p.pointers(), pointer)
		}
	}
	problemOf(t, r.call(t, "GET", "/api/stream/decisions", "", "Last-Event-ID: x"), 422, "/api/stream/decisions")
	if a := r.call(t, "HEAD", "/api/stream/decisions?kind=Echo,Fail&kind=NaN&strategy=inline&sample=1", ""); a.status != 200 || a.header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%+v", a)
	}
}

func TestStreamsAreBoundedAndEndWithTheDrain(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Streams: 2})
	_, first := r.listen(t, "")
	second, _ := r.listen(t, "")
	a := r.call(t, "GET", "/api/stream/decisions", "")
	problemOf(t, a, 503, "/api/stream/decisions")
	if a.header.Get("Retry-After") != "10" {
		t.Errorf("%+v", a)
	}
	second.Body.Close()
	eventually(t, "there is room again", func() bool {
		got, _ := r.listen(t, "")
		got.Body.Close()
		return got.StatusCode == 200
	})
	r.api.Drain()
	for first.Scan() {
	}
	if err := first.Err(); err != nil {
		t.Errorf("the stream was cut: %v", err)
	}
	problemOf(t, r.call(t, "GET", "/api/stream/decisions", ""), 503, "/api/stream/decisions")
}

// The server's deadlines are for requests that end.
func TestAStreamOutlivesTheServersDeadlines(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{}, func(s *http.Server) {
		s.ReadTimeout, s.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	})
	_, lines := r.listen(t, "")
	upTo(t, lines, "retry: ")
	time.Sleep(150 * time.Millisecond)
	_, _ = helix.Do(t.Context(), r.router, helix.Hint{}, func(context.Context) (int, error) { return 0, nil })
	upTo(t, lines, "id: 1")
	time.Sleep(150 * time.Millisecond)
	_, _ = helix.Do(t.Context(), r.router, helix.Hint{}, func(context.Context) (int, error) { return 0, nil })
	upTo(t, lines, "id: 2")
}

// A client that takes nothing is cut, so that it does not hold a place for ever.
func TestAStalledStreamIsCut(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 5 s")
	}
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Streams: 1})
	stalled, _ := r.listen(t, "")
	defer stalled.Body.Close()
	flood, stop := context.WithCancel(t.Context())
	flooded := make(chan struct{})
	go func() {
		defer close(flooded)
		for flood.Err() == nil {
			for range 100 {
				_, _ = helix.Do(flood, r.router, helix.Hint{}, func(context.Context) (int, error) { return 0, nil })
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	defer func() { stop(); <-flooded }()
	end := time.Now().Add(20 * time.Second)
	for time.Now().Before(end) {
		if got, _ := r.listen(t, ""); got.StatusCode == 200 {
			if _, err := io.ReadAll(stalled.Body); err == nil {
				t.Error("the cut stream looks whole")
			}
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error("the stalled stream still holds its place")
}
