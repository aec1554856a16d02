package helix_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
)

func TestACallerLeavesTheQueueAtOnce(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		if !w.queues {
			t.Skip("it does not queue")
		}
		hold(t, r, 1)
		ctx, cancel := context.WithCancel(t.Context())
		a := later(func() (int, error) {
			return w.do(ctx, r, func(context.Context) (int, error) { t.Error("it ran"); return 0, nil })
		})
		synctest.Wait()
		if n := r.Stats().Pool.Queued; n != 1 {
			t.Fatalf("%d jobs wait, want 1", n)
		}
		time.Sleep(time.Second)
		cancel()
		synctest.Wait()
		select {
		case got := <-a:
			if got.err != context.Canceled {
				t.Errorf("got %v, want context.Canceled", got.err)
			}
		default:
			t.Error("the caller still waits")
		}
		if n := r.Stats().Pool.Queued; n != 0 {
			t.Errorf("%d jobs wait after the caller has left, want 0", n)
		}
		wantLedger(t, r, helix.Ledger{Canceled: 1, InFlight: 1}) // the holder is in flight
	})
}

// Work that ignores its context outlives its caller's interest, and its slot
// with it. Both must show.
func TestACallerLeavesRunningWorkAtOnceAndTheSlotStaysTaken(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		if w.onCaller {
			t.Skip("its caller cannot leave")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := w.do(ctx, r, ignores(10*time.Second))
		if err != context.DeadlineExceeded {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("the caller was freed after %v, want 1s", took)
		}
		time.Sleep(time.Second)
		wantAbandoned(t, r, helix.AbandonedJob{Kind: "kind", Strategy: w.strategy, Running: 2 * time.Second})
		if s := r.Stats(); s.Pool.Busy+s.Spawned != 1 {
			t.Errorf("%d slots taken and %d spawned, want 1 in all", s.Pool.Busy, s.Spawned)
		}
		wantLedger(t, r, helix.Ledger{Canceled: 1})
		time.Sleep(8*time.Second + 1)
		synctest.Wait()
		wantAbandoned(t, r)
		checkBooks(t, r)
		wantLedger(t, r, helix.Ledger{Canceled: 1}) // its return is not a second end
	})
}

func wantAbandoned(t *testing.T, r *helix.Router, want ...helix.AbandonedJob) {
	t.Helper()
	got := r.Stats().Abandoned
	if len(got) != len(want) || len(got) == 1 && got[0] != want[0] {
		t.Errorf("abandoned: %+v, want %+v", got, want)
	}
}

func TestAbandonedWorkThatPanicsHarmsNobody(t *testing.T) {
	for name, end := range map[string]work{"panic": blowUp, "Goexit": goexit, "error": func(context.Context) (int, error) { return 0, errJob }} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
				if w.onCaller {
					t.Skip("its caller cannot leave")
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err := w.do(ctx, r, func(ctx context.Context) (int, error) {
					time.Sleep(5 * time.Second)
					return end(ctx)
				})
				if err != context.DeadlineExceeded {
					t.Errorf("got %v, want context.DeadlineExceeded", err)
				}
				time.Sleep(5 * time.Second)
				synctest.Wait()
				wantLedger(t, r, helix.Ledger{Canceled: 1})
				checkBooks(t, r)
				if got, err := w.do(t.Context(), r, returns(7)); got != 7 || err != nil {
					t.Errorf("the next job got %d, %v", got, err)
				}
			})
		})
	}
}

// A future can be asked many times; what it said when its context ended stays,
// also when the work comes to an end later.
func TestACanceledFutureDoesNotChangeItsMind(t *testing.T) {
	for _, options := range [][]helix.CallOption{{moderate}, {heavy}, {heavy, scales}} {
		bubble(t, func(t *testing.T) {
			r := testRouter(t, nil)
			ctx, cancel := context.WithCancel(t.Context())
			f := handleOf(r).Go(ctx, ignores(time.Minute), options...)
			time.Sleep(time.Second)
			cancel()
			for range 3 {
				if got, err := f.Wait(context.Background()); got != 0 || err != context.Canceled {
					t.Errorf("got %d, %v, want context.Canceled", got, err)
				}
				time.Sleep(time.Minute)
			}
			wantLedger(t, r, helix.Ledger{Canceled: 1})
		})
	}
}

func TestWaitingForAFutureIsNotTheFuture(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		f := handleOf(r).Go(t.Context(), ignores(time.Minute), heavy)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := f.Wait(ctx); err != context.DeadlineExceeded {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
		select {
		case <-f.Done():
			t.Error("the job ended with the wait")
		default:
		}
		<-f.Done()
		if got, err := f.Wait(ctx); got != 1 || err != nil {
			t.Errorf("got %d, %v, want the result though the waiter's context has ended", got, err)
		}
	})
}

func TestManyCanWaitForAFuture(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		f := handleOf(r).Go(context.Background(), sleeps(time.Minute), heavy)
		var answers []<-chan answer
		for range 10 {
			answers = append(answers, later(func() (int, error) { return f.Wait(t.Context()) }))
		}
		for _, c := range answers {
			if a := <-c; a.out != 1 || a.err != nil {
				t.Errorf("got %d, %v, want 1", a.out, a.err)
			}
		}
		wantLedger(t, r, helix.Ledger{Done: 1})
	})
}

func TestGoReturnsAtOnceAndCheapWorkRunsHereAndNow(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		if w.name != "pool future" && w.name != "spawn future" && w.name != "batch future" {
			t.Skip("not a future that runs elsewhere")
		}
		hold(t, r, 1)
		start := time.Now()
		option := map[helix.Strategy][]helix.CallOption{
			helix.CPUPool: {heavy}, helix.Spawn: {moderate}, helix.Batch: {heavy, scales},
		}[w.strategy]
		f := handleOf(r).Go(t.Context(), ignores(5*time.Minute), append(option, helix.Budget(time.Minute))...)
		if time.Since(start) != 0 {
			t.Error("Go waited")
		}
		_, err := f.Wait(context.Background())
		if w.queues && !errors.Is(err, helix.ErrExpired) {
			t.Errorf("got %v, want ErrExpired", err)
		}
		if !w.queues && err != nil {
			t.Error(err)
		}
	})
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		f := handleOf(r).Go(t.Context(), ignores(time.Second), cheap)
		select {
		case <-f.Done():
		default:
			t.Error("cheap work has not ended when Go returns")
		}
	})
}
