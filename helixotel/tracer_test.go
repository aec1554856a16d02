package helixotel_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/helixotel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a router whose spans end up in memory.
type rig struct {
	t        *testing.T
	router   *helix.Router
	provider *sdk.TracerProvider
	memory   *tracetest.InMemoryExporter
	pairs    *helix.Handle[int, int] // a kind with a batch function
	caller   trace.SpanContext
	timings  []helixotel.Timing
}

func newRig(t *testing.T, change func(*helix.Config)) *rig {
	t.Helper()
	g := &rig{t: t, memory: tracetest.NewInMemoryExporter()}
	g.provider = sdk.NewTracerProvider(sdk.WithSyncer(g.memory))
	c := helix.DefaultConfig()
	c.Policy, c.CPUParallelism, c.BackpressureBusyThreshold = helix.PolicyThreshold, 1, 1000
	if change != nil {
		change(&c)
	}
	var mu sync.Mutex
	see := helixotel.OnTiming(func(x helixotel.Timing) {
		mu.Lock()
		defer mu.Unlock()
		g.timings = append(g.timings, x)
	})
	var err error
	if g.router, err = helix.New(c, helix.WithTracer(helixotel.New(g.provider, see))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(g.router.Close(context.Background()), g.provider.Shutdown(context.Background())); err != nil {
			t.Error(err)
		}
	})
	g.pairs, err = helix.Register(g.router, helix.Kind[int, int]{
		Name: "pair",
		Run:  func(_ context.Context, n int) (int, error) { return n, nil },
		Batch: func(ctx context.Context, in []int) ([]helix.Result[int], error) {
			_, span := g.provider.Tracer("user").Start(ctx, "user")
			defer span.End()
			time.Sleep(time.Second)
			return make([]helix.Result[int], len(in)), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// traced runs f in the context of a caller's span and returns all spans by name.
func (g *rig) traced(f func(ctx context.Context)) map[string][]tracetest.SpanStub {
	g.t.Helper()
	ctx, cancel := context.WithCancel(g.t.Context())
	defer cancel()
	ctx, span := g.provider.Tracer("caller").Start(ctx, "caller")
	f(ctx)
	span.End()
	g.caller = span.SpanContext()
	found := map[string][]tracetest.SpanStub{}
	for _, s := range g.memory.GetSpans() {
		found[s.Name] = append(found[s.Name], s)
	}
	return found
}

// one returns the only span of a name.
func (g *rig) one(found map[string][]tracetest.SpanStub, name string) tracetest.SpanStub {
	g.t.Helper()
	if len(found[name]) != 1 {
		g.t.Fatalf("%d spans %s, want 1", len(found[name]), name)
	}
	return found[name][0]
}

// childOfCaller wants a span to be in the caller's trace, right under the caller.
func (g *rig) childOfCaller(spans ...tracetest.SpanStub) {
	g.t.Helper()
	for _, s := range spans {
		if s.Parent.SpanID() != g.caller.SpanID() || s.SpanContext.TraceID() != g.caller.TraceID() {
			g.t.Errorf("%s is not a child of the caller: parent %v", s.Name, s.Parent)
		}
	}
}

// has compares attributes; an empty value means that there is none of the key.
func (g *rig) has(s tracetest.SpanStub, want map[attribute.Key]string) {
	g.t.Helper()
	for key, value := range want {
		i := slices.IndexFunc(s.Attributes, func(a attribute.KeyValue) bool { return a.Key == key })
		switch {
		case i < 0 && value != "":
			g.t.Errorf("%s has no %s, want %s", s.Name, key, value)
		case i >= 0 && s.Attributes[i].Value.String() != value:
			g.t.Errorf("%s has %s = %s, want %q", s.Name, key, s.Attributes[i].Value.String(), value)
		}
	}
}

func took(s tracetest.SpanStub) time.Duration { return s.EndTime.Sub(s.StartTime) }

// hint is heavy work for the pool.
func hint() helix.Hint { return helix.Hint{Kind: "work", Cost: 100_000} }

// TestSpansOfOneJob runs a job that waits 2 s and runs for 3 s on a worker.
func TestSpansOfOneJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, nil)
		found := g.traced(func(ctx context.Context) {
			var ended sync.WaitGroup
			ended.Go(func() {
				helix.Do(context.Background(), g.router, hint(), func(context.Context) (int, error) { time.Sleep(2 * time.Second); return 0, nil })
			})
			synctest.Wait()
			_, err := helix.Do(ctx, g.router, hint(), func(ctx context.Context) (int, error) {
				_, span := g.provider.Tracer("user").Start(ctx, "user")
				defer span.End()
				time.Sleep(3 * time.Second)
				return 0, nil
			})
			if err != nil {
				t.Error(err)
			}
			ended.Wait()
		})
		admit, queue, run, user := g.one(found, "helix.admit"), g.one(found, "helix.queue"), g.one(found, "helix.run"), g.one(found, "user")
		g.childOfCaller(admit, queue, run)
		if user.Parent.SpanID() != run.SpanContext.SpanID() {
			t.Error("the span of the job itself is not a child of helix.run")
		}
		if took(admit) != 0 || took(queue) != 2*time.Second || took(run) != 3*time.Second {
			t.Errorf("admit %v, queue %v, run %v, want 0, 2s, 3s", took(admit), took(queue), took(run))
		}
		if !queue.StartTime.Equal(admit.EndTime) || !run.StartTime.Equal(queue.EndTime) {
			t.Error("there are gaps between the spans")
		}
		for _, s := range []tracetest.SpanStub{admit, queue, run} {
			g.has(s, map[attribute.Key]string{"helix.kind": "work", "helix.strategy": "cpu_pool", "helix.reason": "heavy", "helix.cost": "100000", "helix.job_id": "", "error.type": ""})
			if s.Status.Code != codes.Unset {
				t.Errorf("%s has status %v", s.Name, s.Status)
			}
		}
		if len(g.timings) != 1 {
			t.Fatalf("timings %+v, want that of the traced job", g.timings)
		}
		x := g.timings[0]
		if x.Wait != 2*time.Second || x.Run != 3*time.Second || x.TraceID != g.caller.TraceID().String() || x.SpanID != run.SpanContext.SpanID().String() {
			t.Errorf("timing %+v", x)
		}
	})
}

// TestInlineHasNoQueue: what runs at once has two spans.
func TestInlineHasNoQueue(t *testing.T) {
	g := newRig(t, nil)
	found := g.traced(func(ctx context.Context) {
		helix.Do(ctx, g.router, helix.Hint{Kind: "tiny", Cost: 1}, func(context.Context) (int, error) { return 0, nil })
	})
	admit, run := g.one(found, "helix.admit"), g.one(found, "helix.run")
	g.childOfCaller(admit, run)
	g.has(run, map[attribute.Key]string{"helix.strategy": "inline", "helix.reason": "cheap"})
	if len(found["helix.queue"]) != 0 || run.StartTime.Before(admit.EndTime) || run.EndTime.Before(run.StartTime) {
		t.Errorf("queue %v, admit %v..%v, run %v..%v", found["helix.queue"], admit.StartTime, admit.EndTime, run.StartTime, run.EndTime)
	}
}

type ownError struct{}

func (ownError) Error() string { return "a secret" }

// TestErrors looks at the spans of jobs that end otherwise than done. Texts of
// errors and panics must not be in them.
func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name, span, want string
		run              func(g *rig, ctx context.Context)
	}{
		{"failed", "helix.run", "helixotel_test.ownError", func(g *rig, ctx context.Context) {
			helix.Do(ctx, g.router, hint(), func(context.Context) (int, error) { return 0, ownError{} })
		}},
		{"panicked", "helix.run", "panicked", func(g *rig, ctx context.Context) {
			helix.Do(ctx, g.router, hint(), func(context.Context) (int, error) { panic("a secret") })
		}},
		{"shed", "helix.admit", "busy_gate", func(g *rig, ctx context.Context) {
			if err := g.router.InjectPressure(1, "test", time.Minute); err != nil {
				t.Fatal(err)
			}
			helix.Do(ctx, g.router, hint(), func(context.Context) (int, error) { return 0, nil })
		}},
		{"late at the door", "helix.admit", "expired", func(g *rig, ctx context.Context) {
			h := hint()
			h.Deadline = time.Now().Add(-time.Second)
			helix.Do(ctx, g.router, h, func(context.Context) (int, error) { return 0, nil })
		}},
		{"late in the queue", "helix.queue", "expired", func(g *rig, ctx context.Context) {
			var ended sync.WaitGroup
			ended.Go(func() {
				helix.Do(context.Background(), g.router, hint(), func(context.Context) (int, error) { time.Sleep(time.Second); return 0, nil })
			})
			synctest.Wait()
			h := hint()
			h.Budget = 100 * time.Millisecond
			helix.Do(ctx, g.router, h, func(context.Context) (int, error) { return 0, nil })
			ended.Wait()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t, func(c *helix.Config) { c.BackpressureBusyThreshold = 1 << 20 })
				found := g.traced(func(ctx context.Context) { tt.run(g, ctx) })
				for name, spans := range found {
					for _, s := range spans {
						if failed := s.Status.Code == codes.Error; failed != (name == tt.span) {
							t.Errorf("%s has status %v", name, s.Status)
						}
						if s.Status.Description == "a secret" || len(s.Events) > 0 {
							t.Errorf("%s tells: %v %v", name, s.Status, s.Events)
						}
					}
				}
				g.has(g.one(found, tt.span), map[attribute.Key]string{"error.type": tt.want})
			})
		})
	}
}

// TestAbandoned: helix.run of a job whose caller has left ends when the job does.
func TestAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, nil)
		found := g.traced(func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			helix.Do(ctx, g.router, hint(), func(context.Context) (int, error) { time.Sleep(5 * time.Second); return 0, nil })
			time.Sleep(10 * time.Second)
		})
		run := g.one(found, "helix.run")
		if took(run) != 5*time.Second || len(run.Events) != 1 || run.Events[0].Name != "helix.abandoned" || run.Events[0].Time.Sub(run.StartTime) != time.Second {
			t.Errorf("helix.run took %v, events %+v", took(run), run.Events)
		}
		if len(g.timings) != 0 {
			t.Errorf("timings of a job that the histograms do not have: %+v", g.timings)
		}
	})
}

// TestBatch: three jobs of as many callers share a batch, one more is not traced.
func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, nil)
		found := g.traced(func(ctx context.Context) {
			var started []*helix.Future[int]
			var held sync.WaitGroup
			held.Go(func() { // the only slot, so that all four wait for it
				helix.Do(context.Background(), g.router, hint(), func(context.Context) (int, error) { time.Sleep(time.Second); return 0, nil })
			})
			synctest.Wait()
			for i := range 4 {
				caller := context.Background()
				if i > 0 {
					var span trace.Span
					caller, span = g.provider.Tracer("caller").Start(ctx, "member")
					defer span.End()
				}
				started = append(started, g.pairs.Go(caller, i, helix.Cost(100_000), helix.Scaling(1)))
			}
			held.Wait()
			for _, f := range started {
				if _, err := f.Wait(ctx); err != nil {
					t.Error(err)
				}
			}
			synctest.Wait()
		})
		batch, user, runs := g.one(found, "helix.batch"), g.one(found, "user"), found["helix.run"]
		if len(runs) != 3 || len(batch.Links) != 3 || took(batch) != time.Second {
			t.Fatalf("%d runs, %d links, took %v", len(runs), len(batch.Links), took(batch))
		}
		g.has(batch, map[attribute.Key]string{"helix.kind": "pair", "helix.batch.size": "4"})
		for _, run := range runs {
			linked := slices.ContainsFunc(batch.Links, func(l sdk.Link) bool { return l.SpanContext.SpanID() == run.SpanContext.SpanID() })
			back := len(run.Links) == 1 && run.Links[0].SpanContext.SpanID() == batch.SpanContext.SpanID()
			if !linked || !back {
				t.Errorf("helix.run %v: linked %v, links back %v", run.SpanContext.SpanID(), linked, back)
			}
		}
		if user.Parent.SpanID() != batch.SpanContext.SpanID() {
			t.Error("the span of the batch function is not a child of helix.batch")
		}
	})
}

// TestUntraced: no span without a sampled caller.
func TestUntraced(t *testing.T) {
	g := newRig(t, nil)
	unsampled := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}}))
	for _, ctx := range []context.Context{context.Background(), unsampled} {
		helix.Do(ctx, g.router, helix.Hint{Cost: 1}, func(context.Context) (int, error) { return 0, nil })
	}
	if spans := g.memory.GetSpans(); len(spans) != 0 {
		t.Errorf("%d spans of jobs that nobody traces", len(spans))
	}
}

// TestNoProvider: a nil provider is a nil tracer, so that the router spends nothing.
func TestNoProvider(t *testing.T) {
	if x := helixotel.New(nil); x != nil {
		t.Errorf("a tracer %v of no provider", x)
	}
}
