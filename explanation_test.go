package helix_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

// lastSentence explains the newest decision.
func lastSentence(t *testing.T, r *helix.Router) string {
	t.Helper()
	last := r.Decisions(1)
	e, err := r.Explain(last[0].Seq)
	if err != nil || e.Decision != last[0] {
		t.Fatalf("%+v, %v; want the explanation of %+v", e, err, last[0])
	}
	if text, err := json.Marshal(e); err != nil || len(text) == 0 {
		t.Fatalf("%v in JSON: %v", e, err)
	}
	return e.Sentence
}

func TestOnlyKeptDecisionsAreExplained(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		want := func(seq, first, last uint64) {
			t.Helper()
			_, err := r.Explain(seq)
			var gone *helix.NoDecisionError
			if !errors.As(err, &gone) || *gone != (helix.NoDecisionError{Seq: seq, First: first, Last: last}) || err.Error() == "" {
				t.Errorf("%d: %v, want %d to %d", seq, err, first, last)
			}
		}
		want(0, 0, 0)
		want(1, 0, 0)
		sub := r.Subscribe(3000)
		defer sub.Close()
		for range 1500 {
			if _, err := doAs(cheap)(t.Context(), r, returns(1)); err != nil {
				t.Fatal(err)
			}
		}
		want(0, 477, 1500)
		want(476, 477, 1500)
		want(1501, 477, 1500)
		for _, seq := range []uint64{477, 1000, 1500} {
			if e, err := r.Explain(seq); err != nil || e.Decision.Seq != seq || !strings.Contains(e.Sentence, fmt.Sprint(" #", seq, ": inline,")) {
				t.Errorf("%d: %+v, %v", seq, e, err)
			}
		}
	})
}

func TestWhoSeesADecisionFindsItsExplanation(t *testing.T) {
	r := testRouter(t, nil)
	sub := r.Subscribe(1 << 12)
	defer sub.Close()
	done := make(chan error)
	for range 2 {
		go func() {
			var err error
			for range 400 {
				_, e := doAs(cheap)(context.Background(), r, returns(1))
				err = errors.Join(err, e)
			}
			done <- err
		}()
	}
	for range 800 {
		d := <-sub.Events()
		if e, err := r.Explain(d.Seq); err != nil || e.Decision != d {
			t.Fatalf("%+v, %v", e, err)
		}
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Error(err)
	}
}

func TestTheRoutersOwnDecisionsAreExplained(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.CPUQueueCap = 1, 1 })
		release := hold(t, r, 1)
		waits := later(func() (int, error) { return doAs(heavy)(t.Context(), r, returns(1)) })
		time.Sleep(time.Millisecond)
		_, err := doAs(heavy)(t.Context(), r, returns(1))
		wantShed(t, err, route.ReasonQueueFull)
		if got, want := lastSentence(t, r), "kind #3: shed, since no slot is free (1 taken) and cpu_queue_cap jobs wait already (1); it would go to the pool at cpu_queue_cap 2."; got != want {
			t.Errorf("got %s", got)
		}
		release()
		<-waits
		a := <-later(func() (int, error) {
			return doAs(heavy)(t.Context(), r, func(ctx context.Context) (int, error) { return doAs(heavy)(ctx, r, returns(1)) })
		})
		if a.err != nil {
			t.Fatal(a.err)
		}
		if got, want := lastSentence(t, r), "kind #5: inline, since it was submitted from inside another job, which lends it its slot."; got != want {
			t.Errorf("got %s", got)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := doAs(cheap)(t.Context(), r, returns(1)); !errors.Is(err, helix.ErrClosed) {
			t.Fatal(err)
		}
		if got, want := lastSentence(t, r), "kind #6: shed, since the router is closed."; got != want {
			t.Errorf("got %s", got)
		}
	})
}

func TestTheAdaptivePolicyExplainsWhatItLearned(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.Policy = helix.PolicyAdaptive })
		run := func(b time.Duration) error {
			_, err := doAs(heavy, helix.Budget(b))(t.Context(), r, ignores(20*time.Millisecond))
			return err
		}
		if err := run(time.Second); err != nil {
			t.Fatal(err)
		}
		if got := lastSentence(t, r); !strings.HasPrefix(got, "kind #1: cpu_pool, since nothing is known of its kind yet and ") {
			t.Error(got)
		}
		for range 100 {
			if err := run(time.Second); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		err := run(time.Millisecond)
		wantShed(t, err, route.ReasonInfeasible)
		last := r.Decisions(1)[0].Seq
		e, err := r.Explain(last)
		if err != nil || e.Rule != "infeasible" || e.Predicted.Samples < 90 || e.Predicted.Service < 0.015 || e.Change == nil ||
			e.Change.Knob != "latency_budget_at_least_seconds" || e.Budget != 0.001 {
			t.Fatalf("%+v, %v", e, err)
		}
		if err := run(time.Duration(e.Change.Value * 1.1e9)); err != nil {
			t.Errorf("with the budget that it asked for: %v", err)
		}
	})
}

func TestAnotherPolicyIsExplainedByItsReason(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil, spawnAlways())
		if _, err := doAs()(t.Context(), r, returns(1)); err != nil {
			t.Fatal(err)
		}
		if got, want := lastSentence(t, r), "kind #1: spawn, since the declared cost is below the spawn threshold."; got != want {
			t.Errorf("got %s", got)
		}
	})
}
