package helix_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

// within fails the test when no answer comes: a deadlock in a bubble whose
// router has a ticking control loop would otherwise go on for ever.
func within(t *testing.T, d time.Duration, c <-chan answer) answer {
	t.Helper()
	select {
	case a := <-c:
		return a
	case <-time.After(d):
		t.Fatalf("no answer after %v: deadlock", d)
		return answer{}
	}
}

// A job that waits for a job must not wait for the slot that it holds itself:
// every way inside every way, on one slot, with the queue full.
func TestASubmitFromInsideAJobNeverDeadlocks(t *testing.T) {
	for _, inner := range ways {
		t.Run(inner.name+" inside", func(t *testing.T) {
			eachWay(t, 1, func(t *testing.T, r *helix.Router, outer way) {
				if inner.name == "pool on its caller" {
					t.Skip("a job passes its own context on, see Router")
				}
				if _, err := r.PatchConfig(helix.ConfigPatch{"cpu_queue_cap": 1}); err != nil {
					t.Fatal(err)
				}
				a := within(t, time.Hour, later(func() (int, error) {
					return outer.do(t.Context(), r, func(ctx context.Context) (int, error) {
						// Fill the slot, if this job does not hold it, and the queue.
						for range 2 {
							later(func() (int, error) { return doAs(heavy)(t.Context(), r, ignores(5*time.Second)) })
						}
						time.Sleep(time.Second)
						return inner.do(ctx, r, returns(7))
					})
				}))
				// A job that runs without a slot may find the queue full, as anybody.
				full := outer.strategy != helix.CPUPool && outer.strategy != helix.Batch && inner.queues
				if full {
					wantShed(t, a.err, route.ReasonQueueFull)
				} else if a.out != 7 || a.err != nil {
					t.Errorf("got %d, %v, want the nested result", a.out, a.err)
				}
				time.Sleep(15 * time.Second)
			})
		})
	}
}

func TestJobsNestDeeply(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.CPUQueueCap = 1, 1 })
				var descend func(depth int) work
				descend = func(depth int) work {
					return func(ctx context.Context) (int, error) {
						if depth == 0 {
							return 1, nil
						}
						n, err := w.do(ctx, r, descend(depth-1))
						return n + 1, err
					}
				}
				if w.name == "pool on its caller" { // cuts the chain of contexts
					t.Skip("a job passes its own context on")
				}
				a := within(t, time.Hour, later(func() (int, error) { return w.do(t.Context(), r, descend(20)) }))
				if a.out != 21 || a.err != nil {
					t.Errorf("got %d, %v, want 21", a.out, a.err)
				}
			})
		})
	}
}

// A derived context still tells that its job holds a slot.
func TestADerivedContextIsKnown(t *testing.T) {
	type key struct{}
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		for name, parent := range map[string]context.Context{"background": context.Background(), "test": t.Context()} {
			a := within(t, time.Hour, later(func() (int, error) {
				return doAs(heavy)(context.WithValue(parent, key{}, 7), r, func(ctx context.Context) (int, error) {
					if ctx.Value(key{}) != 7 {
						t.Errorf("%s: the caller's value is gone", name)
					}
					ctx, cancel := context.WithTimeout(ctx, time.Minute)
					defer cancel()
					return doAs(heavy)(ctx, r, returns(7))
				})
			}))
			if a.out != 7 || a.err != nil {
				t.Errorf("%s: got %d, %v", name, a.out, a.err)
			}
		}
	})
}

// Another router's slot is none of this one's.
func TestASlotOfAnotherRouterDoesNotCount(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, other := testRouter(t, width(1)), testRouter(t, width(1))
		got, err := doAs(heavy)(t.Context(), r, func(ctx context.Context) (int, error) {
			return doAs(heavy)(ctx, other, returns(7))
		})
		if got != 7 || err != nil {
			t.Errorf("got %d, %v", got, err)
		}
		if n := strategyCount(other, helix.CPUPool); n != 1 {
			t.Errorf("%d jobs went to the other's pool, want 1", n)
		}
	})
}

// A child started with Go runs beside its parent when a slot is free for it, and
// on its parent's when none is.
func TestAChildRunsBesideItsParentWhereThereIsRoom(t *testing.T) {
	for slots, want := range map[int]time.Duration{1: 3 * time.Second, 2: 2 * time.Second, 3: time.Second} {
		bubble(t, func(t *testing.T) {
			r := testRouter(t, width(slots))
			start := time.Now()
			a := within(t, time.Hour, later(func() (int, error) {
				return doAs(heavy)(t.Context(), r, func(ctx context.Context) (int, error) {
					first := handleOf(r).Go(ctx, ignores(time.Second), heavy)
					second := handleOf(r).Go(ctx, ignores(time.Second), heavy)
					time.Sleep(time.Second)
					for _, f := range []*helix.Future[int]{first, second} {
						if _, err := f.Wait(ctx); err != nil {
							return 0, err
						}
					}
					return 7, nil
				})
			}))
			if a.out != 7 || a.err != nil || a.at.Sub(start) != want {
				t.Errorf("%d slots: got %d, %v after %v, want %v", slots, a.out, a.err, a.at.Sub(start), want)
			}
		})
	}
}

// always is a policy with one answer, allowed or not: it is what a decision looks
// like when the bound that it saw free is taken a moment later.
type always struct{ route.Decision }

func (p always) Decide(route.Request, route.Subject, route.Load, *route.Signals) route.Decision {
	return p.Decision
}

func spawnAlways() helix.Option {
	return helix.WithPolicy(always{route.Decision{Strategy: route.Spawn, Reason: route.ReasonModerate, Propensity: 1}})
}

// The spawn limit can be reached between the decision and the start. The job
// then goes to the pool, and holds a slot as any job there.
func TestAJobThatOverflowsIntoThePoolHoldsItsSlot(t *testing.T) {
	for _, start := range []string{"Do", "Go"} {
		bubble(t, func(t *testing.T) {
			r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.SpawnLimit = 1, 1 }, spawnAlways())
			submit := doAs()
			if start == "Go" {
				submit = goAs()
			}
			gate := make(chan struct{})
			spawned := later(func() (int, error) {
				return doAs()(t.Context(), r, func(context.Context) (int, error) { <-gate; return 0, nil })
			})
			synctest.Wait()
			a := within(t, time.Hour, later(func() (int, error) {
				return submit(t.Context(), r, func(ctx context.Context) (int, error) {
					if s := r.Stats(); s.Spawned != 1 || s.Pool.Busy != 1 {
						t.Errorf("%d spawned and %d slots taken, want 1 and 1", s.Spawned, s.Pool.Busy)
					}
					return submit(ctx, r, returns(7))
				})
			}))
			if a.out != 7 || a.err != nil {
				t.Errorf("got %d, %v", a.out, a.err)
			}
			close(gate)
			<-spawned
		})
	}
}
