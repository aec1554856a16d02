package helix_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

func TestSmoke(t *testing.T) {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, cost := range []uint64{0, 1, 10000, 100000} {
		for _, c := range []context.Context{ctx, context.Background()} {
			got, err := helix.Do(c, r, helix.Hint{Kind: "x", Cost: cost, Budget: time.Second}, func(context.Context) (int, error) { return 7, nil })
			if got != 7 || err != nil {
				t.Fatal(got, err)
			}
			_, err = helix.Do(c, r, helix.Hint{Kind: "x", Cost: cost}, func(context.Context) (int, error) { panic("boom") })
			var p *helix.PanicError
			if !errors.As(err, &p) {
				t.Fatal(err)
			}
		}
	}
	h, err := helix.Register(r, helix.Kind[int, int]{Name: "dbl",
		Run: func(_ context.Context, x int) (int, error) { return 2 * x, nil },
		Batch: func(_ context.Context, xs []int) ([]helix.Result[int], error) {
			out := make([]helix.Result[int], len(xs))
			for i, x := range xs {
				out[i].Value = 2 * x
			}
			return out, nil
		},
		Units: func(int) uint64 { return 100000 },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		got, err := h.Do(ctx, i, helix.Scaling(0.9), helix.ClassCritical)
		if got != 2*i || err != nil {
			t.Fatal(got, err)
		}
		f := h.Go(ctx, i, helix.Scaling(0.9))
		if got, err := f.Wait(ctx); got != 2*i || err != nil {
			t.Fatal(got, err)
		}
	}
	s := r.Stats()
	t.Logf("%+v", s.Ledger)
	for _, k := range s.Strategies {
		t.Log(k.Strategy, k.Count, k.Sojourn.Quantile(0.5), k.EMA)
	}
	t.Logf("%+v", s.Pressure)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = helix.Do(ctx, r, helix.Hint{}, func(context.Context) (int, error) { return 7, nil })
	if !errors.Is(err, helix.ErrClosed) {
		t.Fatal(err)
	}
	if l := r.Stats().Ledger; l.Imbalance != 0 || l.InFlight != 0 {
		t.Fatalf("%+v", l)
	}
}
