package helix_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
)

func neverRuns(t *testing.T) work {
	return func(context.Context) (int, error) { t.Error("an expired job ran"); return 0, nil }
}

// A job that waits ends when its budget does, not when a slot comes free.
func TestAJobExpiresInTheQueueAtItsDeadline(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		if !w.queues {
			t.Skip("it does not queue")
		}
		time.Sleep(time.Second)
		release := hold(t, r, 1)
		start := time.Now()
		budget := later(func() (int, error) {
			return w.do(t.Context(), r, neverRuns(t), helix.Budget(50*time.Millisecond))
		})
		deadline := later(func() (int, error) {
			return w.do(t.Context(), r, neverRuns(t), helix.Deadline(start.Add(80*time.Millisecond)))
		})
		earlier := later(func() (int, error) {
			return w.do(t.Context(), r, neverRuns(t), helix.Deadline(start.Add(30*time.Millisecond)), helix.Budget(time.Hour))
		})
		patient := later(func() (int, error) { return w.do(t.Context(), r, returns(7), helix.Budget(time.Hour)) })
		for _, c := range []struct {
			answer <-chan answer
			after  time.Duration
		}{{budget, 50 * time.Millisecond}, {deadline, 80 * time.Millisecond}, {earlier, 30 * time.Millisecond}} {
			a := <-c.answer
			if !errors.Is(a.err, helix.ErrExpired) || a.at.Sub(start) != c.after {
				t.Errorf("got %v after %v, want ErrExpired after %v", a.err, a.at.Sub(start), c.after)
			}
		}
		synctest.Wait()
		if n := r.Stats().Pool.Queued; n != 1 {
			t.Errorf("%d jobs wait, want the patient one", n)
		}
		wantLedger(t, r, helix.Ledger{Expired: 3, InFlight: 2})
		release()
		if a := <-patient; a.out != 7 || a.err != nil {
			t.Errorf("the patient job got %d, %v", a.out, a.err)
		}
	})
}

func TestADeadlineInThePastRunsNothing(t *testing.T) {
	for _, age := range []time.Duration{time.Nanosecond, time.Second, 100 * 365 * 24 * time.Hour} {
		eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
			_, err := w.do(t.Context(), r, neverRuns(t), helix.Deadline(time.Now().Add(-age)))
			if !errors.Is(err, helix.ErrExpired) {
				t.Errorf("%v ago: got %v, want ErrExpired", age, err)
			}
			wantLedger(t, r, helix.Ledger{Expired: 1})
		})
	}
}

func TestAFarDeadlineAndAHugeBudgetAreNone(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		time.Sleep(time.Second)
		for _, o := range []helix.CallOption{
			helix.Budget(1<<63 - 1),
			helix.Deadline(time.Now().AddDate(5000, 0, 0)),
			helix.Deadline{},
			helix.Budget(0),
		} {
			if got, err := w.do(t.Context(), r, returns(7), o); got != 7 || err != nil {
				t.Errorf("%v: got %d, %v", o, got, err)
			}
		}
	})
}

// The budget is for the start: what runs in time may take longer.
func TestAJobThatHasStartedDoesNotExpire(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		got, err := w.do(t.Context(), r, sleeps(time.Minute), helix.Budget(time.Second))
		if got != 1 || err != nil {
			t.Errorf("got %d, %v, want the result", got, err)
		}
	})
}

// What has expired gave its place in the queue back at once.
func TestAnExpiredJobMakesRoomInTheQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.CPUQueueCap = 1, 1 })
		hold(t, r, 1)
		a := later(func() (int, error) { return doAs(heavy)(t.Context(), r, neverRuns(t), helix.Budget(time.Second)) })
		synctest.Wait()
		if _, err := doAs(heavy)(t.Context(), r, returns(1)); !errors.Is(err, helix.ErrShed) {
			t.Fatalf("got %v, want a full queue", err)
		}
		<-a
		b := later(func() (int, error) { return doAs(heavy)(t.Context(), r, neverRuns(t), helix.Budget(time.Second)) })
		if got := <-b; !errors.Is(got.err, helix.ErrExpired) {
			t.Errorf("got %v, want ErrExpired: there was room to wait", got.err)
		}
	})
}

func TestExpiryDoesNotCountAsLatency(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		hold(t, r, 1)
		_, err := doAs(heavy)(t.Context(), r, neverRuns(t), helix.Budget(time.Second))
		if !errors.Is(err, helix.ErrExpired) {
			t.Fatal(err)
		}
		for _, k := range r.Stats().Kinds {
			if k.Kind == "kind" && k.Sojourn.Count() != 0 {
				t.Errorf("%d samples, want none of a job that did not run", k.Sojourn.Count())
			}
		}
	})
}
