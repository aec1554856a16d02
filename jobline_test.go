package helix_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

// TestJobLines: at debug level a flood of jobs gives ten lines a second, each with the
// documented keys and nothing of what the job works on; at info level none.
func TestJobLines(t *testing.T) {
	for level, want := range map[slog.Level]int{slog.LevelDebug: 20, slog.LevelInfo: 0} {
		bubble(t, func(t *testing.T) {
			var out bytes.Buffer
			log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))
			r := testRouter(t, nil, helix.WithLogger(log))
			for range 2000 {
				helix.Do(context.Background(), r, helix.Hint{Kind: "greet", Cost: 5, Tenant: "acme"}, func(context.Context) (string, error) { return "secret", nil })
				time.Sleep(time.Millisecond)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if out.Len() == 0 {
				lines = nil
			}
			if n := len(lines); n < want-1 || n > want {
				t.Errorf("%v: %d lines in 2 s, want %d:\n%s", level, n, want, out.String())
			}
			for _, line := range lines {
				_, words, _ := strings.Cut(line, "msg=")
				if !strings.HasPrefix(words, `"job routed" job_id=0 kind=greet cost=5 strategy=inline reason=cheap cpu_busy=0 pressure=`) || strings.Contains(line, "secret") {
					t.Errorf("line %q", line)
				}
			}
		})
	}
}

// TestJobLinesOfTracedJobs: the handler gets the caller's context, where the trace is.
func TestJobLinesOfTracedJobs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		seen := make(chan any, 10)
		log := slog.New(contextHandler{slog.NewTextHandler(new(bytes.Buffer), &slog.HandlerOptions{Level: slog.LevelDebug}), seen})
		r := testRouter(t, nil, helix.WithLogger(log), helix.WithTracer(&witness{t: t}))
		ctx := context.WithValue(t.Context(), traceKey{}, "caller's")
		if _, err := doAs(cheap)(ctx, r, returns(1)); err != nil {
			t.Fatal(err)
		}
		if got := <-seen; got != "caller's" {
			t.Errorf("the handler saw %v in the context", got)
		}
	})
}

// contextHandler shows the contexts of records.
type contextHandler struct {
	slog.Handler
	seen chan any
}

func (h contextHandler) Handle(ctx context.Context, _ slog.Record) error {
	h.seen <- ctx.Value(traceKey{})
	return nil
}
