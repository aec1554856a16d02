package helix_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

// witness is a tracer that sees every job and complains about what a tracer was
// promised and does not get.
type witness struct {
	t *testing.T

	mu      sync.Mutex
	traces  []*seenJob // guarded by mu
	batches []helix.TracedBatch
	broken  int // batches whose function panicked
}

// seenJob is one job as its trace saw it. Guarded by witness.mu.
type seenJob struct {
	witness            *witness
	ran, returned, end []helix.TracedJob
}

type traceKey struct{}

func (w *witness) Trace(ctx context.Context) helix.JobTrace {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &seenJob{witness: w}
	w.traces = append(w.traces, s)
	return s
}

func (w *witness) Batch(ctx context.Context, b helix.TracedBatch) (context.Context, func(time.Time, bool)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches = append(w.batches, b)
	return context.WithValue(ctx, traceKey{}, "batch"), func(at time.Time, ok bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if at.Before(b.Started) {
			w.t.Errorf("batch ended at %v, before it started at %v", at, b.Started)
		}
		if !ok {
			w.broken++
		}
	}
}

func (s *seenJob) Run(ctx context.Context, j helix.TracedJob) context.Context {
	s.witness.mu.Lock()
	defer s.witness.mu.Unlock()
	s.ran = append(s.ran, j)
	return context.WithValue(ctx, traceKey{}, s)
}

func (s *seenJob) Returned(j helix.TracedJob) {
	s.witness.mu.Lock()
	defer s.witness.mu.Unlock()
	s.returned = append(s.returned, j)
}

func (s *seenJob) Ended(j helix.TracedJob) {
	s.witness.mu.Lock()
	defer s.witness.mu.Unlock()
	s.end = append(s.end, j)
}

// check is called when the router is closed.
func (w *witness) check(l helix.Ledger) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ends := map[helix.Disposition]uint64{}
	for _, s := range w.traces {
		if len(s.end) != 1 || len(s.ran) > 1 || len(s.returned) != len(s.ran) {
			w.t.Errorf("%d ends, %d starts and %d returns of a job: %+v", len(s.end), len(s.ran), len(s.returned), s.end)
			continue
		}
		end := s.end[0]
		ends[end.Outcome]++
		w.checkTimes(s, end)
	}
	want := map[helix.Disposition]uint64{
		helix.Done: l.Done, helix.Failed: l.Failed, helix.Panicked: l.Panicked,
		helix.Canceled: l.Canceled, helix.Expired: l.Expired, helix.Shed: l.Shed,
	}
	for d, n := range want {
		if ends[d] != n {
			w.t.Errorf("%d jobs ended as %v for the tracer, %d in the ledger", ends[d], d, n)
		}
	}
}

func (w *witness) checkTimes(s *seenJob, end helix.TracedJob) {
	before := end.Submitted
	for _, at := range []time.Time{end.Decided, end.Started, end.Ended} {
		if !at.IsZero() && at.Before(before) {
			w.t.Errorf("times are out of order: %+v", end)
		}
		if !at.IsZero() {
			before = at
		}
	}
	if end.Outcome.Ran() != (end.Wait+end.Run > 0) && end.Ended.After(end.Submitted) {
		w.t.Errorf("%v with wait %v and run %v", end.Outcome, end.Wait, end.Run)
	}
	if end.Kind == "" || end.Ended.IsZero() || len(s.ran) == 1 && s.ran[0].Started.IsZero() || (end.Outcome.Ran() && len(s.ran) == 0) {
		w.t.Errorf("something is missing: %+v", end)
	}
}

// only returns the one job that there was.
func (w *witness) only() *seenJob {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.traces) != 1 {
		w.t.Fatalf("%d jobs were seen, want 1", len(w.traces))
	}
	return w.traces[0]
}

// witnessed makes a router with a witness, who is heard when the test ends.
func witnessed(t *testing.T, change func(*helix.Config)) (*helix.Router, *witness) {
	t.Helper()
	w := &witness{t: t}
	var r *helix.Router
	t.Cleanup(func() { w.check(r.Stats().Ledger) }) // runs after the Close of testRouter's
	r = testRouter(t, change, helix.WithTracer(w))
	return r, w
}

// TestTracerSeesEachWay compares what a tracer is told of one job with what was done.
func TestTracerSeesEachWay(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r, w := witnessed(t, width(1))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var inside any
				began := time.Now()
				_, err := way.do(ctx, r, func(ctx context.Context) (int, error) {
					inside = ctx.Value(traceKey{})
					time.Sleep(time.Second)
					return 0, errJob
				})
				if !errors.Is(err, errJob) {
					t.Fatal(err)
				}
				synctest.Wait()
				s := w.only()
				if way.strategy == helix.Batch && inside != "batch" || way.strategy != helix.Batch && inside != s {
					t.Errorf("the job ran in the context of %v", inside)
				}
				end := s.end[0]
				if end.Kind != "kind" || end.Strategy != way.strategy || end.Outcome != helix.Failed || end.Run != time.Second || end.Wait != 0 {
					t.Errorf("told %+v", end)
				}
				if !end.Submitted.Equal(began) || !end.Started.Equal(began) || !end.Ended.Equal(began.Add(time.Second)) {
					t.Errorf("began %v, told %+v", began, end)
				}
				if got := s.returned[0]; !errors.Is(got.Err, errJob) || !got.Ended.Equal(end.Ended) {
					t.Errorf("returned %+v", got)
				}
			})
		})
	}
}

// TestTracerSeesTheQueue: who waits for a slot has a time between decision and start.
func TestTracerSeesTheQueue(t *testing.T) {
	for _, way := range ways {
		if !way.queues {
			continue
		}
		t.Run(way.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r, w := witnessed(t, width(1))
				release := hold(t, r, 1)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				ended := later(func() (int, error) { return way.do(ctx, r, sleeps(time.Second)) })
				time.Sleep(3 * time.Second)
				release()
				<-ended
				synctest.Wait()
				end := w.traces[1].end[0]
				if !end.Queued || end.Wait != 3*time.Second || end.Run != time.Second || end.Started.Sub(end.Decided) != 3*time.Second {
					t.Errorf("told %+v", end)
				}
			})
		})
	}
}

// TestTracerSeesEveryEnd ends jobs in every way that is not done or failed.
func TestTracerSeesEveryEnd(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r, _ := witnessed(t, width(1))
				ctx, cancel := context.WithCancel(t.Context())
				<-later(func() (int, error) { return way.do(ctx, r, goexit) })
				<-later(func() (int, error) {
					return way.do(ctx, r, func(context.Context) (int, error) { panic("boom") })
				})
				way.do(ctx, r, returns(1), helix.Deadline(time.Now().Add(-time.Second)))
				left := later(func() (int, error) { return way.do(ctx, r, ignores(10*time.Second)) })
				synctest.Wait()
				behind := later(func() (int, error) { return way.do(ctx, r, returns(1), helix.Budget(time.Second)) })
				time.Sleep(2 * time.Second)
				cancel()
				<-left
				<-behind
				way.do(ctx, r, returns(1))
				time.Sleep(20 * time.Second)
			})
		})
	}
}

// TestTracerSeesRefusals: each has its reason, and no start.
func TestTracerSeesRefusals(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, w := witnessed(t, func(c *helix.Config) { c.CPUParallelism, c.CPUQueueCap = 1, 1 })
		release := hold(t, r, 1)
		waiting := later(func() (int, error) { return doAs(heavy)(context.Background(), r, returns(1)) })
		synctest.Wait()
		doAs(heavy)(t.Context(), r, returns(1))
		release()
		<-waiting
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		doAs(cheap)(t.Context(), r, returns(1))
		for i, reason := range map[int]helix.Reason{2: route.ReasonQueueFull, 3: route.ReasonClosed} {
			end := w.traces[i].end[0]
			if end.Reason != reason || end.Strategy != helix.Drop || end.Err == nil || !end.Started.IsZero() {
				t.Errorf("told %+v, want %v", end, reason)
			}
		}
	})
}

// TestTracerSeesBatches: one look at a batch of traced jobs, and at one that panics.
func TestTracerSeesBatches(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, w := witnessed(t, width(1))
		release := hold(t, r, 1)
		var ended []<-chan answer
		for i := range 3 {
			ended = append(ended, later(func() (int, error) {
				return doAs(heavy, scales)(t.Context(), r, func(context.Context) (int, error) {
					if i == 1 {
						panic("boom")
					}
					return i, nil
				})
			}))
		}
		synctest.Wait()
		release()
		for _, c := range ended {
			<-c
		}
		if len(w.batches) != 1 || w.batches[0].Size != 3 || len(w.batches[0].Members) != 3 || w.batches[0].Kind != "kind" || w.broken != 1 {
			t.Errorf("batches %+v, %d broken", w.batches, w.broken)
		}
	})
}

// TestNestedTraces: a job that a job submits is submitted in the context of the first.
func TestNestedTraces(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, w := witnessed(t, width(1))
		var inner any
		_, err := doAs(heavy)(t.Context(), r, func(ctx context.Context) (int, error) {
			return doAs(heavy)(ctx, r, func(ctx context.Context) (int, error) {
				inner = ctx.Value(traceKey{})
				return 1, nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if inner != w.traces[1] || w.traces[1].end[0].Reason != route.ReasonNested {
			t.Errorf("the inner job ran in the context of %v: %+v", inner, w.traces[1].end)
		}
	})
}

// unsampled is a tracer that wants none of the jobs.
type unsampled struct{ *witness }

func (unsampled) Trace(context.Context) helix.JobTrace { return nil }

// TestUntracedJobsCostNothing: a tracer that is not interested does not allocate.
func TestUntracedJobsCostNothing(t *testing.T) {
	w := unsampled{&witness{t: t}}
	r := testRouter(t, nil, helix.WithTracer(w))
	h := handleOf(r)
	run := returns(1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	one := func() {
		if _, err := h.Do(ctx, run, cheap); err != nil {
			t.Fatal(err)
		}
	}
	one()
	if n := testing.AllocsPerRun(1000, one); n != 0 {
		t.Errorf("%v allocations a job, want 0", n)
	}
}
