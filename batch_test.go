package helix_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
)

// batcher is a kind that doubles numbers and keeps what it was given together.
type batcher struct {
	*helix.Handle[int, int]
	mu      sync.Mutex
	batches [][]int // guarded by mu
	singles []int   // guarded by mu
}

// newBatcher registers the kind "double"; batch, if not nil, takes the place of
// its batch function, and so does run.
func newBatcher(t *testing.T, r *helix.Router, batch func(context.Context, []int) ([]helix.Result[int], error), run func(context.Context, int) (int, error)) *batcher {
	t.Helper()
	b := &batcher{}
	h, err := helix.Register(r, helix.Kind[int, int]{
		Name: "double",
		Run: func(ctx context.Context, x int) (int, error) {
			b.mu.Lock()
			b.singles = append(b.singles, x)
			b.mu.Unlock()
			if run != nil {
				return run(ctx, x)
			}
			return 2 * x, nil
		},
		Batch: func(ctx context.Context, xs []int) ([]helix.Result[int], error) {
			b.mu.Lock()
			b.batches = append(b.batches, slices.Clone(xs))
			b.mu.Unlock()
			if batch != nil {
				return batch(ctx, xs)
			}
			return doubled(xs), nil
		},
		Units: func(int) uint64 { return 100_000 },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Handle = h
	return b
}

func doubled(xs []int) []helix.Result[int] {
	out := make([]helix.Result[int], len(xs))
	for i, x := range xs {
		out[i].Value = 2 * x
	}
	return out
}

// submit starts the jobs lo..hi-1 in this order.
func (b *batcher) submit(ctx context.Context, lo, hi int) (answers []<-chan answer) {
	for x := lo; x < hi; x++ {
		answers = append(answers, later(func() (int, error) { return b.Do(ctx, x, scales) }))
		synctest.Wait()
	}
	return answers
}

// ran lists the batches that ran, as text.
func (b *batcher) ran() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprint(b.batches)
}

func TestWhatWaitsRunsAsOneBatchEachWithItsOwnResult(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		b := newBatcher(t, r, nil, nil)
		release := hold(t, r, 1)
		answers := b.submit(t.Context(), 0, 5)
		release()
		for x, c := range answers {
			if a := <-c; a.out != 2*x || a.err != nil {
				t.Errorf("job %d got %d, %v", x, a.out, a.err)
			}
		}
		if got, want := b.ran(), "[[0 1 2 3 4]]"; got != want {
			t.Errorf("batches %s, want %s", got, want)
		}
		s := r.Stats().Batches
		if s.Count != 1 || s.Jobs != 5 || s.Sizes[3].UpTo != 8 || s.Sizes[3].Count != 1 {
			t.Errorf("batch stats %+v, want one batch of 5", s)
		}
	})
}

func TestABatchIsBoundedBySize(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.BatchMaxSize = 1, 3 })
		b := newBatcher(t, r, nil, nil)
		release := hold(t, r, 1)
		answers := b.submit(t.Context(), 0, 8)
		release()
		for _, c := range answers {
			<-c
		}
		if got, want := b.ran(), "[[0 1 2] [3 4 5] [6 7]]"; got != want {
			t.Errorf("batches %s, want %s", got, want)
		}
	})
}

func TestAnIdleSlotTakesALoneJobAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.BatchMaxDelayMS = 60_000 })
		b := newBatcher(t, r, nil, nil)
		start := time.Now()
		if got, err := b.Do(t.Context(), 21, scales); got != 42 || err != nil {
			t.Errorf("got %d, %v", got, err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("it waited %v for company", took)
		}
	})
}

// A full batch comes before single jobs that have waited longer.
func TestAFullBatchIsNextInLine(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.BatchMaxSize, c.BatchMaxDelayMS = 1, 2, 60_000 })
		b := newBatcher(t, r, nil, nil)
		release := hold(t, r, 1)
		for range 5 {
			later(func() (int, error) { return doAs(heavy)(t.Context(), r, ignores(time.Second)) })
		}
		synctest.Wait()
		start := time.Now()
		answers := b.submit(t.Context(), 0, 2)
		release()
		if a := <-answers[1]; a.at.Sub(start) != 0 {
			t.Errorf("the full batch ran after %v, want before the single jobs", a.at.Sub(start))
		}
		time.Sleep(time.Minute)
	})
}

// A batch that is not full yields to single jobs no longer than the delay, and
// then to the one that runs.
func TestAPartialBatchYieldsForTheDelayAndOneRunAtMost(t *testing.T) {
	const run, delay = 300 * time.Millisecond, time.Second
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.BatchMaxDelayMS = 1, 1000 })
		b := newBatcher(t, r, nil, nil)
		release := hold(t, r, 1)
		for range 50 {
			later(func() (int, error) { return doAs(heavy)(t.Context(), r, ignores(run)) })
		}
		synctest.Wait()
		start := time.Now()
		answers := b.submit(t.Context(), 0, 2)
		release()
		for _, c := range answers {
			took := (<-c).at.Sub(start)
			if took > delay+run {
				t.Errorf("the batch ran after %v, want at most the delay and one run, %v", took, delay+run)
			}
			if took < delay {
				t.Errorf("the batch ran after %v: it did not yield to what came first", took)
			}
		}
		time.Sleep(time.Minute)
	})
}

// Full batches for ever must not starve single jobs, nor these the batches.
func TestBatchesAndSingleJobsTakeTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.BatchMaxSize = 1, 2 })
		var order []string // written by the one slot
		b := newBatcher(t, r, func(_ context.Context, xs []int) ([]helix.Result[int], error) {
			order = append(order, "batch")
			time.Sleep(time.Second)
			return doubled(xs), nil
		}, nil)
		release := hold(t, r, 1)
		answers := b.submit(t.Context(), 0, 20)
		for range 2 {
			answers = append(answers, later(func() (int, error) {
				return doAs(heavy)(t.Context(), r, func(context.Context) (int, error) {
					order = append(order, "single")
					time.Sleep(time.Second)
					return 0, nil
				})
			}))
		}
		synctest.Wait()
		release()
		for _, c := range answers {
			<-c
		}
		want := slices.Repeat([]string{"batch", "batch", "batch", "batch", "single"}, 2)
		want = append(want, "batch", "batch")
		if !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
	})
}

func TestOneBadItemFailsAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		b := newBatcher(t, r, func(_ context.Context, xs []int) ([]helix.Result[int], error) {
			out := doubled(xs)
			out[1].Err = errJob
			return out, nil
		}, nil)
		release := hold(t, r, 1)
		answers := b.submit(t.Context(), 0, 3)
		release()
		for x, c := range answers {
			a := <-c
			if bad := x == 1; errors.Is(a.err, errJob) != bad || !bad && a.out != 2*x {
				t.Errorf("job %d got %d, %v", x, a.out, a.err)
			}
		}
		wantLedger(t, r, helix.Ledger{Done: 3, Failed: 1}) // the holder is done too
	})
}

func TestAPanickingBatchIsRunSinglyOnce(t *testing.T) {
	for name, burst := range map[string]func(){
		"panic":  func() { panic("the batch") },
		"Goexit": func() { _, _ = goexit(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := testRouter(t, width(1))
				b := newBatcher(t, r, func(context.Context, []int) ([]helix.Result[int], error) {
					burst()
					return nil, nil
				}, func(_ context.Context, x int) (int, error) {
					switch x {
					case 1:
						panic("the input")
					case 2:
						return 0, errJob
					case 3:
						return goexit(context.Background())
					}
					return 2 * x, nil
				})
				release := hold(t, r, 1)
				answers := b.submit(t.Context(), 0, 6)
				release()
				for x, c := range answers {
					a := <-c
					var p *helix.PanicError
					switch {
					case x == 1 || x == 3:
						if !errors.As(a.err, &p) {
							t.Errorf("job %d got %v, want a *PanicError", x, a.err)
						}
					case x == 2:
						if !errors.Is(a.err, errJob) {
							t.Errorf("job %d got %v, want its error", x, a.err)
						}
					case a.out != 2*x || a.err != nil:
						t.Errorf("job %d got %d, %v: it suffers for its peers", x, a.out, a.err)
					}
				}
				if got, want := fmt.Sprint(b.singles), "[0 1 2 3 4 5]"; got != want {
					t.Errorf("run singly: %s, want each once: %s", got, want)
				}
				wantLedger(t, r, helix.Ledger{Done: 4, Failed: 1, Panicked: 2})
			})
		})
	}
}

func TestABatchErrorFailsEveryJob(t *testing.T) {
	for name, batch := range map[string]func(context.Context, []int) ([]helix.Result[int], error){
		"its own error":    func(context.Context, []int) ([]helix.Result[int], error) { return nil, errJob },
		"too few results":  func(_ context.Context, xs []int) ([]helix.Result[int], error) { return doubled(xs[1:]), nil },
		"too many results": func(_ context.Context, xs []int) ([]helix.Result[int], error) { return doubled(append(xs, 9)), nil },
		"no results":       func(context.Context, []int) ([]helix.Result[int], error) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := testRouter(t, width(1))
				b := newBatcher(t, r, batch, nil)
				release := hold(t, r, 1)
				answers := b.submit(t.Context(), 0, 3)
				release()
				for x, c := range answers {
					a := <-c
					var e *helix.RunError
					if !errors.As(a.err, &e) || e.Strategy != helix.Batch || e.Kind != "double" {
						t.Errorf("job %d got %d, %v, want a *RunError of the batch", x, a.out, a.err)
					}
				}
				if len(b.singles) > 0 {
					t.Errorf("%v were run again: only a panic asks for that", b.singles)
				}
				wantLedger(t, r, helix.Ledger{Done: 1, Failed: 3})
			})
		})
	}
}

func TestOneCallersCancelLeavesTheBatchAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		b := newBatcher(t, r, func(ctx context.Context, xs []int) ([]helix.Result[int], error) {
			if _, err := sleeps(10 * time.Second)(ctx); err != nil {
				return nil, err
			}
			return doubled(xs), nil
		}, nil)
		release := hold(t, r, 1)
		ctx, cancel := context.WithCancel(t.Context())
		left := b.submit(ctx, 0, 1)
		stayed := b.submit(t.Context(), 1, 3)
		release()
		time.Sleep(time.Second)
		cancel()
		if a := <-left[0]; a.err != context.Canceled {
			t.Errorf("the one who left got %v", a.err)
		}
		for i, c := range stayed {
			if a := <-c; a.out != 2*(i+1) || a.err != nil {
				t.Errorf("job %d got %d, %v", i+1, a.out, a.err)
			}
		}
		wantLedger(t, r, helix.Ledger{Done: 3, Canceled: 1})
	})
}

func TestABatchThatNobodyWantsIsCanceled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		var ended time.Time
		b := newBatcher(t, r, func(ctx context.Context, _ []int) ([]helix.Result[int], error) {
			<-ctx.Done()
			ended = time.Now()
			return nil, ctx.Err()
		}, nil)
		release := hold(t, r, 1)
		start := time.Now()
		for i := range 3 { // they leave after 1, 2 and 3 seconds
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Second)
			defer cancel()
			b.submit(ctx, i, i+1)
		}
		release()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := ended.Sub(start); got != 3*time.Second {
			t.Errorf("the batch's context ended after %v, want 3s: when the last caller left", got)
		}
		wantLedger(t, r, helix.Ledger{Done: 1, Canceled: 3})
	})
}

func TestAKindWithoutBatchIsNeverBatched(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		h, err := helix.Register(r, helix.Kind[int, int]{
			Name: "plain",
			Run:  func(_ context.Context, x int) (int, error) { return x, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if _, err := h.Do(t.Context(), 1, heavy, helix.Scaling(1)); err != nil {
				t.Error(err)
			}
		}
		if n := strategyCount(r, helix.CPUPool); n != 10 {
			t.Errorf("%d jobs went to the pool, want 10", n)
		}
	})
}

// Kinds do not mix in one batch, and the one that has waited longer comes first.
func TestEachKindHasItsOwnBatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		b := newBatcher(t, r, nil, nil)
		release := hold(t, r, 1)
		answers := b.submit(t.Context(), 0, 2)
		time.Sleep(time.Millisecond)
		other := later(func() (int, error) { return doAs(heavy, scales)(t.Context(), r, returns(7)) })
		synctest.Wait()
		answers = append(answers, b.submit(t.Context(), 2, 3)...)
		release()
		for _, c := range answers {
			<-c
		}
		if a := <-other; a.out != 7 || a.err != nil {
			t.Errorf("the other kind got %d, %v", a.out, a.err)
		}
		if got, want := b.ran(), "[[0 1 2]]"; got != want {
			t.Errorf("batches %s, want %s", got, want)
		}
	})
}
