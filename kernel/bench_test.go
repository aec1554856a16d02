package kernel_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/helixrouter/helix/kernel"
)

// eight is a batch as the default configuration forms it: 8 jobs of one kind with
// costs spread over the workload generator's range for the kind.
func eight(low, high uint64) []kernel.Work {
	rng := rand.New(rand.NewPCG(1, low))
	batch := make([]kernel.Work, 8)
	for i := range batch {
		batch[i] = kernel.Work{ID: uint64(i), Inputs: []uint64{rng.Uint64N(200_000), 7}, Cost: low + rng.Uint64N(high-low)}
	}
	return batch
}

func sameID(batch []kernel.Work) []kernel.Work {
	for i := range batch {
		batch[i].ID = 1
	}
	return batch
}

// compare runs a batch as singles and as a batch, alternating in one loop so that
// both see the same machine, and reports both and their ratio.
func compare[T any](b *testing.B, items []kernel.Work, single func(context.Context, kernel.Work) (T, error), batch func(context.Context, []kernel.Work) ([]T, error)) {
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var singles, batched time.Duration
	for b.Loop() {
		start := time.Now()
		for _, w := range items {
			if _, err := single(ctx, w); err != nil {
				b.Fatal(err)
			}
		}
		half := time.Now()
		if _, err := batch(ctx, items); err != nil {
			b.Fatal(err)
		}
		singles, batched = singles+half.Sub(start), batched+time.Since(half)
	}
	b.ReportMetric(float64(singles.Microseconds())/float64(b.N), "us/8singles")
	b.ReportMetric(float64(batched.Microseconds())/float64(b.N), "us/batch8")
	b.ReportMetric(float64(singles)/float64(batched), "singles/batch")
}

func hashMix(ctx context.Context, w kernel.Work) (uint64, error) {
	return kernel.HashMix(ctx, w.Inputs, w.Cost)
}

func primeCount(ctx context.Context, w kernel.Work) (uint64, error) {
	return kernel.PrimeCount(ctx, w.Cost)
}

func monteCarloRisk(ctx context.Context, w kernel.Work) (float64, error) {
	return kernel.MonteCarloRisk(ctx, w.ID, w.Inputs, w.Cost)
}

func BenchmarkHashMix(b *testing.B) {
	b.Run("light", func(b *testing.B) { compare(b, eight(500, 120_000), hashMix, kernel.HashMixBatch) })
	b.Run("heavy", func(b *testing.B) { compare(b, eight(80_000, 300_000), hashMix, kernel.HashMixBatch) })
	b.Run("huge", func(b *testing.B) { compare(b, eight(1<<26, 1<<27), hashMix, kernel.HashMixBatch) })
}

func BenchmarkPrimeCount(b *testing.B) {
	b.Run("light", func(b *testing.B) { compare(b, eight(2_000, 80_000), primeCount, kernel.PrimeCountBatch) })
	b.Run("heavy", func(b *testing.B) { compare(b, eight(80_000, 300_000), primeCount, kernel.PrimeCountBatch) })
}

func BenchmarkMonteCarloRisk(b *testing.B) {
	light, huge := eight(20_000, 250_000), eight(5_000_000, 10_000_000)
	b.Run("light", func(b *testing.B) { compare(b, light, monteCarloRisk, kernel.MonteCarloRiskBatch) })
	b.Run("huge", func(b *testing.B) { compare(b, huge, monteCarloRisk, kernel.MonteCarloRiskBatch) })
	b.Run("same-id", func(b *testing.B) {
		compare(b, sameID(light), monteCarloRisk, kernel.MonteCarloRiskBatch)
	})
}

func BenchmarkSingle(b *testing.B) {
	for name, run := range map[string]func(context.Context) error{
		"HashMix/60000":         func(ctx context.Context) error { _, err := kernel.HashMix(ctx, nil, 60_000); return err },
		"PrimeCount/60000":      func(ctx context.Context) error { _, err := kernel.PrimeCount(ctx, 60_000); return err },
		"PrimeCount/250000":     func(ctx context.Context) error { _, err := kernel.PrimeCount(ctx, 250_000); return err },
		"MonteCarloRisk/130000": func(ctx context.Context) error { _, err := kernel.MonteCarloRisk(ctx, 1, nil, 130_000); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = run(b.Context())
			}
		})
	}
}
