package history_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/history"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bubble gives a test a router and its history in a time of its own.
func bubble(t *testing.T, body func(t *testing.T, r *helix.Router, h *history.Recorder)) {
	synctest.Test(t, func(t *testing.T) {
		c := helix.DefaultConfig()
		c.Policy = helix.PolicyThreshold
		c.CPUParallelism, c.BackpressureBusyThreshold = 1, 1
		r, err := helix.New(c)
		if err != nil {
			t.Fatal(err)
		}
		h := history.New(r)
		h.Start()
		body(t, r, h)
		if err := errors.Join(h.Close(context.Background()), r.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})
}

// run runs one job that takes a while.
func run(t *testing.T, r *helix.Router, kind string, cost uint64, takes, budget time.Duration) error {
	_, err := helix.Do(t.Context(), r, helix.Hint{Kind: kind, Cost: cost, Budget: budget}, func(context.Context) (int, error) {
		time.Sleep(takes)
		return 0, nil
	})
	return err
}

func TestEachSecondIsItsOwn(t *testing.T) {
	bubble(t, func(t *testing.T, r *helix.Router, h *history.Recorder) {
		const heavy = 100_000
		start := time.Now()
		for range 10 {
			_ = run(t, r, "a", 1, time.Millisecond, 0)
		}
		_ = run(t, r, "b", heavy, 100*time.Millisecond, time.Second)
		_ = run(t, r, "b", heavy, 50*time.Millisecond, 10*time.Millisecond) // late
		time.Sleep(1100*time.Millisecond - time.Since(start))
		go func() { _ = run(t, r, "b", heavy, 500*time.Millisecond, 0) }()
		synctest.Wait()
		for range 3 {
			if err := run(t, r, "a", 1, 0, 0); !errors.Is(err, helix.ErrShed) {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Second)
		got := h.After(time.Time{})
		for name, c := range map[string]struct{ got, want history.Column }{
			"offered":   {got.Offered, history.Column{12, 4, 0}},
			"admitted":  {got.Admitted, history.Column{12, 1, 0}},
			"goodput":   {got.Goodput, history.Column{11, 1, 0}},
			"shed":      {got.Shed, history.Column{0, 3, 0}},
			"a":         {got.Kinds["a"].Rate, history.Column{10, 0, 0}},
			"b":         {got.Kinds["b"].Rate, history.Column{2, 1, 0}},
			"inline":    {got.Strategies["inline"].Rate, history.Column{10, 0, 0}},
			"p99 of b":  {got.Kinds["b"].P99, history.Column{.1, .5, math.NaN()}},
			"p50 of a":  {got.Strategies["inline"].P50, history.Column{.001, math.NaN(), math.NaN()}},
			"queue p99": {got.QueueWaitP99, history.Column{0, 0, math.NaN()}},
			"width":     {got.Width, history.Column{1, 1, 1}},
		} {
			if len(c.got) != len(c.want) {
				t.Fatalf("%s has %d of %d", name, len(c.got), len(c.want))
			}
			for i := range c.want {
				if math.IsNaN(c.want[i]) != math.IsNaN(c.got[i]) || math.Abs(c.got[i]-c.want[i]) > 0.025*c.want[i] {
					t.Errorf("%s: %v, want %v", name, c.got, c.want)
					break
				}
			}
		}
		if at := got.Time[0] - float64(start.UnixMilli())/1e3; at != 1 || len(got.Ruling) != 3 {
			t.Errorf("the first is of %v s", at)
		}
		cells, jobs := got.Heat.Counts[0], uint64(0)
		for i, n := range cells {
			jobs += n
			if n == 10 && (got.Heat.Bounds[i] < .001 || got.Heat.Bounds[i-1] >= .001) {
				t.Errorf("1 ms is in the cell up to %v", got.Heat.Bounds[i])
			}
		}
		if jobs != 12 || len(cells) != len(got.Heat.Bounds) {
			t.Errorf("%d jobs in %v", jobs, cells)
		}
	})
}

func TestTheHistoryIsBoundedAndCanBeContinued(t *testing.T) {
	bubble(t, func(t *testing.T, r *helix.Router, h *history.Recorder) {
		start := time.Now()
		if n := len(h.After(time.Time{}).Time); n != 0 {
			t.Errorf("%d before the first second", n)
		}
		time.Sleep(400*time.Second + time.Millisecond)
		if got := h.After(time.Time{}); len(got.Time) != history.Kept {
			t.Errorf("%d samples are kept", len(got.Time))
		}
		if got := h.After(start.Add(397 * time.Second)); len(got.Time) != 3 || len(got.Offered) != 3 || len(got.Heat.Counts) != 3 {
			t.Errorf("%d samples are new", len(got.Time))
		}
	})
}

func TestRefusedIsWhatEverySecondHas(t *testing.T) {
	bubble(t, func(t *testing.T, r *helix.Router, h *history.Recorder) {
		time.Sleep(time.Millisecond)
		go func() { _ = run(t, r, "b", 100_000, 4500*time.Millisecond, 0) }()
		for range 4 {
			synctest.Wait()
			_ = run(t, r, "a", 1, 0, 0) // refused: the gate is closed
			_ = run(t, r, "a", 1, 0, 0)
			_ = run(t, r, "a", 1, 0, 0)
			time.Sleep(time.Second)
		}
		for n, want := range map[int]float64{0: 0, 3: 1, 4: 0.75, 5: 0} {
			if got := h.Refused(n); got != want {
				t.Errorf("of %d s: %v, want %v", n, got, want)
			}
		}
		time.Sleep(time.Second)
		if got := h.Refused(1); got != 0 {
			t.Errorf("of a second without jobs: %v", got)
		}
	})
}

func TestKindsAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, r *helix.Router, h *history.Recorder) {
		for range 3 { // the 40 kinds of each round are other ones, and k9.9 is always there
			for i := range 40 {
				for range 1 + i/20 {
					_ = run(t, r, fmt.Sprintf("k%d.%d", time.Now().Unix()%3, i), 1, time.Microsecond, 0)
				}
			}
			for range 50 {
				_ = run(t, r, "often", 1, time.Microsecond, 0)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(time.Millisecond)
		got := h.After(time.Time{})
		if _, ok := got.Kinds["often"]; !ok || len(got.Kinds) != 33 {
			t.Fatalf("%d kinds have rows", len(got.Kinds))
		}
		for i := range got.Time {
			sum := 0.
			for _, s := range got.Kinds {
				sum += s.Rate[i]
			}
			if math.Abs(sum-got.Offered[i]) > 1e-6 {
				t.Errorf("the kinds of second %d make %v of %v", i, sum, got.Offered[i])
			}
		}
	})
}

func TestTheWireFormHasNullsAndNoDigitsToSpare(t *testing.T) {
	text, err := json.Marshal(struct {
		A history.Column
		B history.Instants
	}{history.Column{1, math.NaN(), 1.0 / 3, math.Inf(1)}, history.Instants{1.7e9 + 1.0/8}})
	if want := `{"A":[1,null,0.333333,null],"B":[1700000000.125]}`; err != nil || string(text) != want {
		t.Errorf("%s %v", text, err)
	}
}

// BenchmarkLook is what a second of history costs a router with three kinds on four
// strategies each: the share of a core is a billionth of ns/op.
func BenchmarkLook(b *testing.B) {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close(context.Background())
	for _, kind := range []string{"HashMix", "PrimeCount", "MonteCarloRisk"} {
		for _, cost := range []uint64{1, 20_000, 100_000} {
			for range 100 {
				_, _ = helix.Do(b.Context(), r, helix.Hint{Kind: kind, Cost: cost}, func(context.Context) (int, error) { return 0, nil })
			}
		}
	}
	h := history.New(r)
	b.ReportAllocs()
	look := h.Looking()
	for b.Loop() {
		look()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e7, "%core")
}
