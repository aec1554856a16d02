package helix_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

// scripted is a policy that gives one answer and keeps what it was asked.
type scripted struct {
	answer route.Decision
	asked  route.Request
	who    route.Subject
}

func (p *scripted) Decide(req route.Request, who route.Subject, _ route.Load, _ *route.Signals) route.Decision {
	p.asked, p.who = req, who
	return p.answer
}

func TestAPolicyOfOnesOwnCannotBreakTheRouter(t *testing.T) {
	for name, c := range map[string]struct {
		answer route.Decision
		reason helix.Reason // of the decision that is recorded
		shed   bool
	}{
		"drop without a reason":        {route.Decision{Strategy: helix.Drop}, route.ReasonPolicy, true},
		"drop with an unknown reason":  {route.Decision{Strategy: helix.Drop, Reason: 200}, route.ReasonPolicy, true},
		"drop with a reason to admit":  {route.Decision{Strategy: helix.Drop, Reason: route.ReasonHeavy}, route.ReasonPolicy, true},
		"run with a reason to shed":    {route.Decision{Strategy: helix.Spawn, Reason: route.ReasonBusyGate}, route.ReasonHeavy, false},
		"batch what cannot be batched": {route.Decision{Strategy: helix.Batch}, route.ReasonNotAllowed, false},
		"no strategy at all":           {route.Decision{Strategy: 77}, route.ReasonNotAllowed, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := testRouter(t, nil, helix.WithPolicy(&scripted{answer: c.answer}))
				got, err := helix.Do(t.Context(), r, helix.Hint{}, returns(7))
				var shed *helix.ShedError
				switch {
				case c.shed && (!errors.As(err, &shed) || shed.Reason != c.reason || shed.RetryAfter <= 0 || shed.Error() == ""):
					t.Errorf("got %v, want a ShedError for %v", err, c.reason)
				case !c.shed && (got != 7 || err != nil):
					t.Errorf("got %d, %v", got, err)
				}
				if d := r.Decisions(1); len(d) != 1 || d[0].Reason != c.reason {
					t.Errorf("recorded %+v, want reason %v", d, c.reason)
				}
			})
		})
	}
}

func TestAPolicyIsToldTheTimeThatIsLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := &scripted{answer: route.Decision{Strategy: helix.Inline}}
		r := testRouter(t, nil, helix.WithPolicy(p))
		for _, c := range []struct {
			hint helix.Hint
			want time.Duration
		}{
			{helix.Hint{}, 0},
			{helix.Hint{Budget: time.Second}, time.Second},
			{helix.Hint{Deadline: time.Now().Add(2 * time.Second)}, 2 * time.Second},
			{helix.Hint{Budget: time.Second, Deadline: time.Now().Add(time.Millisecond)}, time.Millisecond},
		} {
			if _, err := helix.Do(t.Context(), r, c.hint, returns(1)); err != nil {
				t.Fatal(err)
			}
			if p.asked.Budget != c.want {
				t.Errorf("hint %+v: told %v, want %v", c.hint, p.asked.Budget, c.want)
			}
		}
	})
}

// A function cannot be batched, even under the name of a kind that can.
func TestDoUnderTheNameOfABatchableKind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := &scripted{answer: route.Decision{Strategy: helix.Batch}}
		r := testRouter(t, nil, helix.WithPolicy(p))
		newBatcher(t, r, nil, nil)
		got, err := helix.Do(t.Context(), r, helix.Hint{Kind: "double", Scaling: 0.9}, returns(7))
		if got != 7 || err != nil || p.who.Allowed.Has(helix.Batch) {
			t.Errorf("got %d, %v; allowed %b", got, err, p.who.Allowed)
		}
	})
}

type foreignOption struct{}

func (foreignOption) CallOption() {}

func TestAnOptionThatIsNoneIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		h, err := helix.Register(r, helix.Kind[int, int]{Name: "k", Run: func(context.Context, int) (int, error) { return 1, nil }})
		if err != nil {
			t.Fatal(err)
		}
		var fault *helix.HintError
		if _, err := h.Do(t.Context(), 1, foreignOption{}); !errors.As(err, &fault) {
			t.Errorf("got %v, want a HintError", err)
		}
	})
}

// The average must follow the order in which jobs ended, whichever goroutine
// they ran on.
func TestTheAverageFollowsTheNewestJobs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		for i := range 400 {
			d := 100 * time.Millisecond
			if i >= 200 {
				d = 10 * time.Millisecond
			}
			if _, err := doAs(moderate)(t.Context(), r, sleeps(d)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		for _, s := range r.Stats().Strategies {
			if s.Strategy == helix.Spawn && (s.EMA < 10*time.Millisecond || s.EMA > 11*time.Millisecond) {
				t.Errorf("EMA %v after 200 jobs of 10 ms, want 10ms", s.EMA)
			}
		}
	})
}

// While a source says 1 nothing is taken, so nobody should come back before it expires.
func TestRetryAfterKnowsHowLongInjectedPressureHolds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		if err := r.InjectPressure(1, "db", 20*time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		_, err := helix.Do(t.Context(), r, helix.Hint{}, returns(1))
		var shed *helix.ShedError
		if !errors.As(err, &shed) || shed.RetryAfter < 15*time.Second || shed.RetryAfter > 23*time.Second {
			t.Errorf("got %v, want a refusal until the pressure expires in 15s, and half of that more at most", err)
		}
	})
}

func TestARoutedJobTellsItsTimes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		_, err := helix.Register(r, helix.Kind[helix.Job, []helix.Output]{
			Name: "slow",
			Run:  func(context.Context, helix.Job) ([]helix.Output, error) { time.Sleep(time.Second); return nil, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		release := hold(t, r, 1)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		routed := make(chan helix.Routed, 1)
		go func() {
			_, to, err := r.SubmitRouted(ctx, helix.Job{Kind: "slow", ComputeCost: uint64(heavy)})
			if err != nil {
				t.Error(err)
			}
			routed <- to
		}()
		time.Sleep(2 * time.Second)
		release()
		want := helix.Routed{Strategy: helix.CPUPool, Reason: route.ReasonHeavy, Wait: 2 * time.Second, Run: time.Second}
		if got := <-routed; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}
