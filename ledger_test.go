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

func TestEveryWayReturnsTheResult(t *testing.T) {
	eachWay(t, 2, func(t *testing.T, r *helix.Router, w way) {
		got, err := w.do(t.Context(), r, returns(7))
		if got != 7 || err != nil {
			t.Errorf("got %d, %v, want 7", got, err)
		}
		wantLedger(t, r, helix.Ledger{Done: 1})
		if n := strategyCount(r, w.strategy); n != 1 {
			t.Errorf("%d jobs went to %s, want 1", n, w.strategy)
		}
	})
}

func blowUp(context.Context) (int, error) { panic(errJob) }

func TestEveryWaySurvivesAPanic(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		_, err := w.do(t.Context(), r, blowUp)
		var p *helix.PanicError
		if !errors.As(err, &p) {
			t.Fatalf("got %v, want a *PanicError", err)
		}
		if p.Value != errJob || !errors.Is(err, errJob) {
			t.Errorf("value %v, want %v", p.Value, errJob)
		}
		if !strings.Contains(string(p.Stack), "blowUp") {
			t.Errorf("the stack does not show where it panicked:\n%s", p.Stack)
		}
		wantLedger(t, r, helix.Ledger{Panicked: 1})
		// The only slot is free again.
		if got, err := w.do(t.Context(), r, returns(7)); got != 7 || err != nil {
			t.Errorf("the next job got %d, %v", got, err)
		}
		checkBooks(t, r)
	})
}

// A runtime.Goexit, such as testing.T.FailNow, cannot be stopped: where the job
// runs on its caller's goroutine the caller is gone, elsewhere it is told.
func TestEveryWaySurvivesGoexit(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		a := <-later(func() (int, error) { return w.do(t.Context(), r, goexit) })
		var p *helix.PanicError
		switch {
		case w.onCaller && !errors.Is(a.err, errGoexit):
			t.Errorf("got %v, want the caller's goroutine to end", a.err)
		case !w.onCaller && !errors.As(a.err, &p):
			t.Errorf("got %v, want a *PanicError", a.err)
		case p != nil && !strings.Contains(p.Error(), "Goexit"):
			t.Errorf("%v does not name runtime.Goexit", p)
		}
		synctest.Wait()
		wantLedger(t, r, helix.Ledger{Panicked: 1})
		if got, err := w.do(t.Context(), r, returns(7)); got != 7 || err != nil {
			t.Errorf("the next job got %d, %v", got, err)
		}
		checkBooks(t, r)
	})
}

func TestEveryWayWrapsTheJobsError(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		_, err := w.do(t.Context(), r, func(context.Context) (int, error) { return 0, errJob })
		var e *helix.RunError
		if !errors.As(err, &e) || !errors.Is(err, errJob) {
			t.Fatalf("got %v, want a *RunError around the job's", err)
		}
		if e.Kind != "kind" || e.Strategy != w.strategy {
			t.Errorf("got kind %q and strategy %s, want %q and %s", e.Kind, e.Strategy, "kind", w.strategy)
		}
		if text := err.Error(); !strings.Contains(text, "kind") || !strings.Contains(text, w.strategy.String()) {
			t.Errorf("%q names not kind and strategy", text)
		}
		wantLedger(t, r, helix.Ledger{Failed: 1})
	})
}

// The value that came with an error is the caller's, as with a plain call.
func TestEveryWayReturnsTheValueBesideTheError(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		got, err := w.do(t.Context(), r, func(context.Context) (int, error) { return 3, errJob })
		if got != 3 || !errors.Is(err, errJob) {
			t.Errorf("got %d, %v, want 3 and the job's error", got, err)
		}
	})
}

func TestAContextThatHasEndedStartsNothing(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		if w.name == "pool on its caller" {
			t.Skip("its context cannot end")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := w.do(ctx, r, func(context.Context) (int, error) { t.Error("it ran"); return 0, nil })
		if err != context.Canceled {
			t.Errorf("got %v, want context.Canceled", err)
		}
		synctest.Wait()
		wantLedger(t, r, helix.Ledger{Canceled: 1})
	})
}

// A job that returns its context's error was canceled; the same words from
// elsewhere are an error like any other.
func TestOnlyTheCallersOwnContextCancels(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		_, err := w.do(t.Context(), r, func(context.Context) (int, error) { return 0, context.Canceled })
		var e *helix.RunError
		if !errors.As(err, &e) || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want a *RunError: nobody canceled", err)
		}
		wantLedger(t, r, helix.Ledger{Failed: 1})
	})
}

func TestAJobThatHonoursItsContextIsCanceledOnce(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		if w.name == "pool on its caller" {
			t.Skip("its context cannot end")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := w.do(ctx, r, sleeps(time.Minute))
		if err != context.DeadlineExceeded {
			t.Errorf("got %v, want context.DeadlineExceeded itself", err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("the caller was freed after %v, want 1s", took)
		}
		synctest.Wait()
		wantLedger(t, r, helix.Ledger{Canceled: 1})
		checkBooks(t, r)
	})
}

func TestTimesAreMeasuredInWaitAndRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		release := hold(t, r, 1)
		a := later(func() (int, error) { return handleOf(r).Do(t.Context(), ignores(3*time.Second), heavy) })
		time.Sleep(2 * time.Second)
		release()
		<-a
		for _, k := range r.Stats().Kinds {
			if k.Kind != "kind" {
				continue
			}
			if k.Wait.Max() != 2*time.Second || k.Run.Max() != 3*time.Second || k.Sojourn.Max() != 5*time.Second {
				t.Errorf("wait %v, run %v, sojourn %v, want 2s, 3s, 5s", k.Wait.Max(), k.Run.Max(), k.Sojourn.Max())
			}
			return
		}
		t.Error("the kind has no row")
	})
}
