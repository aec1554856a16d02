package helix_test

import (
	"context"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

// On every way a job counts as in time by its budget, and one without a budget always.
func TestDoneWithinTheBudgetIsCounted(t *testing.T) {
	eachWay(t, 2, func(t *testing.T, r *helix.Router, w way) {
		for _, budget := range []time.Duration{time.Second, 3 * time.Second, 0} {
			_, _ = w.do(t.Context(), r, func(context.Context) (int, error) {
				time.Sleep(2 * time.Second)
				return 0, nil
			}, helix.Budget(budget))
		}
		_, _ = w.do(t.Context(), r, func(context.Context) (int, error) { return 0, errJob })
		if s := r.Stats(); s.InTime != 2 || s.Ledger.Done != 3 {
			t.Errorf("%d in time of %+v, want 2", s.InTime, s.Ledger)
		}
	})
}

func TestHistogramsOfASpan(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		run := func(d time.Duration) {
			_, _ = helix.Do(t.Context(), r, helix.Hint{Kind: "k"}, func(context.Context) (int, error) {
				time.Sleep(d)
				return 0, nil
			})
		}
		run(time.Millisecond)
		before := r.Stats().Kinds[0].Run
		run(time.Second)
		run(2 * time.Second)
		all := r.Stats().Kinds[0].Run
		span := all.Since(before)
		if n, q := span.Count(), span.Quantile(0.5).Seconds(); n != 2 || q < 0.97 || q > 1.03 {
			t.Errorf("%d with median %v", n, q)
		}
		if both := span.Plus(before); both.Count() != 3 || both.Sum() != all.Sum() || before.Count() != 1 || all.Since(helix.Histogram{}).Count() != 3 {
			t.Errorf("both: %v, before: %v", both.Count(), before.Count())
		}
	})
}
