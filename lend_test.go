package helix_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

// A job that fans out on goroutines of its own must not break the pool's bound:
// its children take turns on its slot, and free slots where there are some.
func TestChildrenOnGoroutinesKeepToTheWidth(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const slots = 3
		r := testRouter(t, width(slots))
		var running, peak atomic.Int32
		child := func(ctx context.Context) (int, error) {
			now := running.Add(1)
			defer running.Add(-1)
			for {
				high := peak.Load()
				if now <= high || peak.CompareAndSwap(high, now) {
					break
				}
			}
			time.Sleep(time.Second)
			return 1, nil
		}
		_, err := doAs(heavy)(t.Context(), r, func(ctx context.Context) (int, error) {
			var children sync.WaitGroup
			for range 30 {
				children.Go(func() {
					if _, err := doAs(heavy)(ctx, r, child); err != nil {
						t.Error(err)
					}
				})
			}
			children.Wait()
			return 0, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := peak.Load(); got != slots {
			t.Errorf("%d children ran at a time, want %d: the lent slot and the free ones", got, slots)
		}
	})
}

func TestAChildThatWaitsForItsTurnCanLeaveAndExpire(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		_, err := doAs(heavy)(t.Context(), r, func(ctx context.Context) (int, error) {
			first := later(func() (int, error) { return doAs(heavy)(ctx, r, ignores(time.Minute)) })
			time.Sleep(time.Second)
			start := time.Now()
			leaving, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			if _, err := doAs(heavy)(leaving, r, returns(1)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the caller's context ended: got %v", err)
			}
			hint := helix.Hint{Cost: uint64(heavy), Budget: time.Second}
			if _, err := helix.Do(ctx, r, hint, returns(1)); !errors.Is(err, helix.ErrExpired) {
				t.Errorf("the budget passed: got %v", err)
			}
			if took := time.Since(start); took != 2*time.Second {
				t.Errorf("both waits took %v, want 2s", took)
			}
			<-first
			return 0, nil
		})
		if err != nil {
			t.Error(err)
		}
		wantLedger(t, r, helix.Ledger{Done: 2, Canceled: 1, Expired: 1})
	})
}

// A job of one router that submits to another one, which submits to the first
// again, holds a slot of the first all the while.
func TestNestingThroughAnotherRouterDoesNotDeadlock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := testRouter(t, width(1)), testRouter(t, width(1))
		got, err := doAs(heavy)(t.Context(), a, func(ctx context.Context) (int, error) {
			return doAs(heavy)(ctx, b, func(ctx context.Context) (int, error) {
				return doAs(heavy)(ctx, a, returns(7))
			})
		})
		if got != 7 || err != nil {
			t.Errorf("got %d, %v", got, err)
		}
	})
}

// Close promises that queued and running work finishes; what it submits from
// inside is part of it.
func TestWorkThatFinishesDuringCloseMaySubmit(t *testing.T) {
	for name, cost := range map[string]helix.Cost{"pool": heavy, "spawn": moderate} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := testRouter(t, width(1))
				parent := later(func() (int, error) {
					return doAs(cost)(t.Context(), r, func(ctx context.Context) (int, error) {
						time.Sleep(2 * time.Second)
						return doAs(heavy)(ctx, r, returns(7))
					})
				})
				time.Sleep(time.Second)
				if err := r.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if got := <-parent; got.out != 7 || got.err != nil {
					t.Errorf("got %d, %v", got.out, got.err)
				}
			})
		})
	}
}
