package workload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
)

func TestDriveCountsEveryEndOnce(t *testing.T) {
	ends := []error{
		nil, fmt.Errorf("kind HashMix: %w", helix.ErrShed), helix.ErrExpired,
		fmt.Errorf("kind HashMix: %w", &helix.PanicError{Value: "boom"}), errors.New("no"), helix.ErrClosed,
		context.DeadlineExceeded, // a kernel's own: this run's context has not ended
	}
	last := 0
	got := drive(t.Context(), func(j helix.Job) error { return ends[j.ID%uint64(len(ends))] },
		slices.Values(New(1).Jobs(70)), 4, func(done int) {
			if done != last+1 {
				t.Errorf("progress %d after %d", done, last)
			}
			last = done
		})
	want := Summary{Completed: 10, Shed: 10, Expired: 10, Panicked: 10, Failed: 20, Canceled: 10}
	if got.FirstFailure == nil || !errors.Is(got.FirstFailure, ends[4]) && !errors.Is(got.FirstFailure, ends[3]) && got.FirstFailure != ends[6] {
		t.Errorf("the first failure is %v", got.FirstFailure)
	}
	got.FirstFailure = nil
	if got != want || got.Done() != 70 || last != 70 {
		t.Errorf("got %+v (progress to %d), want %+v", got, last, want)
	}
}

func TestDriveKeepsItsConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inflight, highest atomic.Int64
		start := time.Now()
		got := drive(t.Context(), func(helix.Job) error {
			highest.Store(max(highest.Load(), inflight.Add(1)))
			defer inflight.Add(-1)
			time.Sleep(time.Second)
			return nil
		}, slices.Values(New(1).Jobs(30)), 3, nil)
		if got.Completed != 30 || highest.Load() != 3 || time.Since(start) != 10*time.Second {
			t.Errorf("%+v, %d in flight, %v; want 30 done, 3 in flight, 10s", got, highest.Load(), time.Since(start))
		}
	})
}

func TestDriveEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		got := drive(ctx, func(helix.Job) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}, New(1).All(), 3, nil)
		if want := (Summary{Completed: 6, Canceled: 3}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}
