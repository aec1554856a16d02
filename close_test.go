package helix_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
)

func TestCloseLetsEverythingFinishAndRefusesTheRest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		b := newBatcher(t, r, nil, nil)
		var answers []<-chan answer
		for _, as := range [][]helix.CallOption{{moderate}, {heavy}, {heavy}, {heavy, scales}} {
			answers = append(answers, later(func() (int, error) { return doAs(as...)(t.Context(), r, ignores(time.Second)) }))
			synctest.Wait()
		}
		batched := b.submit(t.Context(), 0, 3)
		future := handleOf(r).Go(t.Context(), ignores(time.Second), heavy)
		closed := later(func() (int, error) { return 0, r.Close(context.Background()) })
		synctest.Wait()
		for _, w := range ways {
			if _, err := w.do(t.Context(), r, returns(1)); !errors.Is(err, helix.ErrClosed) {
				t.Errorf("%s: got %v while closing, want ErrClosed", w.name, err)
			}
		}
		select {
		case <-closed:
			t.Error("Close did not wait")
		default:
		}
		for _, c := range answers {
			if a := <-c; a.out != 1 || a.err != nil {
				t.Errorf("an admitted job got %d, %v", a.out, a.err)
			}
		}
		for x, c := range batched {
			if a := <-c; a.out != 2*x || a.err != nil {
				t.Errorf("an admitted batch job got %d, %v", a.out, a.err)
			}
		}
		if got, err := future.Wait(context.Background()); got != 1 || err != nil {
			t.Errorf("an admitted future got %d, %v", got, err)
		}
		if a := <-closed; a.err != nil {
			t.Errorf("Close: %v", a.err)
		}
		wantLedger(t, r, helix.Ledger{Done: 8, Shed: uint64(len(ways))})
	})
}

func TestCloseGivesUpWhenItsContextEnds(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		if w.onCaller {
			t.Skip("see TestCloseReportsCallersThatRunTheirJobs")
		}
		if w.strategy == helix.Spawn {
			if _, err := r.PatchConfig(helix.ConfigPatch{"spawn_limit": 1}); err != nil {
				t.Fatal(err)
			}
		}
		running := later(func() (int, error) { return w.do(t.Context(), r, ignores(5*time.Minute)) })
		synctest.Wait()
		waiting := later(func() (int, error) { return doAs(heavy)(t.Context(), r, ignores(5*time.Minute)) })
		synctest.Wait()
		queued := later(func() (int, error) { return w.do(t.Context(), r, neverRuns(t)) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		start := time.Now()
		err := r.Close(ctx)
		var left *helix.CloseError
		if !errors.As(err, &left) {
			t.Fatalf("Close: %v, want a *CloseError", err)
		}
		took := time.Since(start)
		if took < time.Second || took > 2*time.Second {
			t.Errorf("Close took %v, want its context's second and a short grace", took)
		}
		found := false
		for _, j := range left.Leftovers {
			found = found || j.Kind == "kind" && j.Strategy == w.strategy && j.Running == took
		}
		if !found || !strings.Contains(err.Error(), "still running") {
			t.Errorf("leftovers %+v (%v), want the running job", left.Leftovers, err)
		}
		for name, c := range map[string]<-chan answer{"running": running, "waiting": waiting, "queued": queued} {
			if a := <-c; a.err != helix.ErrClosed || a.at.Sub(start) != time.Second {
				t.Errorf("the %s job got %v after %v, want ErrClosed when the context ended", name, a.err, a.at.Sub(start))
			}
		}
		wantLedger(t, r, helix.Ledger{Canceled: 3})
		// A second Close waits for what is left.
		if err := r.Close(context.Background()); err != nil {
			t.Errorf("second Close: %v", err)
		}
		if since := time.Since(start); since < 5*time.Minute-time.Second {
			t.Errorf("the second Close waited only %v", since)
		}
		checkBooks(t, r)
	})
}

// Work whose caller cannot leave has the router's own context, and that ends with Close.
func TestCloseCancelsWorkThatHonoursItsContext(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				if w.strategy == helix.Inline {
					t.Skip("inline work is a plain call of its caller's")
				}
				r := testRouter(t, width(1))
				a := later(func() (int, error) { return w.do(context.Background(), r, sleeps(5*time.Minute)) })
				synctest.Wait()
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				if err := r.Close(ctx); err != nil {
					t.Errorf("Close: %v: the work has stopped in time", err)
				}
				if got := <-a; got.err != helix.ErrClosed {
					t.Errorf("got %v, want ErrClosed", got.err)
				}
				wantLedger(t, r, helix.Ledger{Canceled: 1})
			})
		})
	}
}

// A caller that runs its job on its own goroutine cannot be freed. Close counts it.
func TestCloseReportsCallersThatRunTheirJobs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		a := later(func() (int, error) { return doAs(heavy)(context.Background(), r, ignores(5*time.Minute)) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err := r.Close(ctx)
		var left *helix.CloseError
		if !errors.As(err, &left) || left.OnCallers != 1 || len(left.Leftovers) != 0 {
			t.Errorf("Close: %v, want a *CloseError with one job on its caller", err)
		} else if !strings.Contains(err.Error(), "1 job") {
			t.Errorf("%q does not count the job", err)
		}
		if got := <-a; got.out != 1 || got.err != nil {
			t.Errorf("got %d, %v: it came to its end", got.out, got.err)
		}
		wantLedger(t, r, helix.Ledger{Done: 1})
	})
}

func TestCloseIsSafeAtAnyTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if err := r.Close(ended); err != nil { // nothing ever ran
			t.Errorf("Close: %v", err)
		}
		for _, w := range ways {
			if _, err := w.do(t.Context(), r, returns(1)); !errors.Is(err, helix.ErrClosed) || errors.Is(err, helix.ErrShed) {
				t.Errorf("%s: got %v, want ErrClosed", w.name, err)
			}
		}
		if err := r.InjectPressure(0.5, "late", 0); err != nil {
			t.Errorf("InjectPressure after Close: %v", err)
		}
		if _, err := r.PatchConfig(helix.ConfigPatch{"cpu_parallelism": 9}); err != nil {
			t.Errorf("PatchConfig after Close: %v", err)
		}
		sub := r.Subscribe(1)
		if _, open := <-sub.Events(); open {
			t.Error("a subscription of a closed router is open")
		}
		sub.Close()
	})
}

// Close must not wait for a lock that its caller's neighbours hold for it.
func TestCloseDoesNotDeadlockWithInjectPressure(t *testing.T) {
	for range 20 {
		r, err := helix.New(helix.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		stop := make(chan struct{})
		var injected []<-chan answer
		for range 4 {
			injected = append(injected, later(func() (int, error) {
				for {
					select {
					case <-stop:
						return 0, nil
					default:
						if err := r.InjectPressure(0.5, "storm", 0); err != nil {
							return 0, err
						}
					}
				}
			}))
		}
		time.Sleep(9 * time.Millisecond) // the loop looks every 10 ms
		closed := later(func() (int, error) { return 0, r.Close(context.Background()) })
		select {
		case <-closed:
		case <-time.After(30 * time.Second):
			t.Fatal("Close and InjectPressure wait for each other")
		}
		close(stop)
		for _, c := range injected {
			if a := <-c; a.err != nil {
				t.Error(a.err)
			}
		}
	}
}
