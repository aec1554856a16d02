package kernel_test

import (
	"context"
	"errors"
	"testing"

	"github.com/helixrouter/helix/kernel"
)

func TestHashMixGoldens(t *testing.T) {
	for _, c := range []struct {
		inputs []uint64
		cost   uint64
		want   uint64
	}{
		{[]uint64{42, 100}, 1000, 10216004649843298165},
		{nil, 100, 16797079287624391536},
	} {
		got, err := kernel.HashMix(t.Context(), c.inputs, c.cost)
		if err != nil || got != c.want {
			t.Errorf("HashMix(%v, %d) = %d, %v; want %d", c.inputs, c.cost, got, err, c.want)
		}
	}
}

func TestPrimeCountGoldens(t *testing.T) {
	for cost, want := range map[uint64]uint64{
		0: 1229, 10_000: 1229, 60_000: 6057, 100_000: 9592, 250_000: 22044, 300_000: 22044, 1<<64 - 1: 22044,
	} {
		got, err := kernel.PrimeCount(t.Context(), cost)
		if err != nil || got != want {
			t.Errorf("PrimeCount(%d) = %d, %v; want %d", cost, got, err, want)
		}
	}
}

func TestMonteCarloRiskGoldens(t *testing.T) {
	for _, c := range []struct {
		id     uint64
		inputs []uint64
		cost   uint64
		want   float64
	}{
		{1, []uint64{100, 200, 300}, 20_000, -0.044513253216794044},
		{42, []uint64{1, 2, 3}, 2_000_000, -0.044016361665495836},
	} {
		got, err := kernel.MonteCarloRisk(t.Context(), c.id, c.inputs, c.cost)
		if err != nil || got != c.want {
			t.Errorf("MonteCarloRisk(%d, %v, %d) = %v, %v; want %v", c.id, c.inputs, c.cost, got, err, c.want)
		}
	}
}

// everything runs each function, single and batch, over the largest work there is.
var everything = map[string]func(context.Context) error{
	"HashMix": func(ctx context.Context) error {
		_, err := kernel.HashMix(ctx, nil, 1<<64-1)
		return err
	},
	"PrimeCount": func(ctx context.Context) error {
		_, err := kernel.PrimeCount(ctx, 1<<64-1)
		return err
	},
	"MonteCarloRisk": func(ctx context.Context) error {
		_, err := kernel.MonteCarloRisk(ctx, 1, nil, 1<<64-1)
		return err
	},
	"HashMixBatch": func(ctx context.Context) error {
		_, err := kernel.HashMixBatch(ctx, largest)
		return err
	},
	"PrimeCountBatch": func(ctx context.Context) error {
		_, err := kernel.PrimeCountBatch(ctx, largest)
		return err
	},
	"MonteCarloRiskBatch": func(ctx context.Context) error {
		_, err := kernel.MonteCarloRiskBatch(ctx, largest)
		return err
	},
	"long inputs HashMix": func(ctx context.Context) error {
		_, err := kernel.HashMix(ctx, make([]uint64, 1<<16), 0)
		return err
	},
	"long inputs MonteCarloRisk": func(ctx context.Context) error {
		_, err := kernel.MonteCarloRisk(ctx, 1, make([]uint64, 1<<16), 0)
		return err
	},
}

var largest = []kernel.Work{{ID: 1, Cost: 1<<64 - 1}, {ID: 2, Cost: 1<<64 - 1}, {ID: 3, Cost: 1<<64 - 1}}

func TestAnEndedContextStopsTheWorkBeforeItStarts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, run := range everything {
		if err := run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", name, err)
		}
	}
}

// endsAfter is a context that ends at the n-th look at it, which makes where a
// function looks testable without a clock.
type endsAfter struct {
	context.Context
	looks int
}

func (c *endsAfter) Err() error {
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}

func TestWorkStopsWhereItLooks(t *testing.T) {
	for name, run := range everything {
		for looks := range 4 {
			if err := run(&endsAfter{context.Background(), looks}); !errors.Is(err, context.Canceled) {
				t.Errorf("%s with %d looks: %v, want context.Canceled", name, looks, err)
			}
		}
	}
}

// TestLooksAreClose counts the looks over the largest work there is. Each wanted
// number is the time that BenchmarkSingle gives for it in units of 50 us, half the
// promise, so that a machine half as fast still keeps it; a count does not depend
// on the machine that runs the test.
func TestLooksAreClose(t *testing.T) {
	for name, want := range map[string]int{
		"HashMix": 3000, "HashMixBatch": 3000, // 150 ms; three lanes take no longer than one
		"PrimeCount": 5, "PrimeCountBatch": 5, // 250 us
		"MonteCarloRisk": 4, "MonteCarloRiskBatch": 12, // 180 us a stream
		"long inputs HashMix": 10, "long inputs MonteCarloRisk": 10, // 500 us
	} {
		ctx := &endsAfter{context.Background(), 1 << 40}
		if err := everything[name](ctx); err != nil {
			t.Fatal(err)
		}
		if got := 1<<40 - ctx.looks; got < want {
			t.Errorf("%s looked %d times at its context, want %d", name, got, want)
		}
	}
}
