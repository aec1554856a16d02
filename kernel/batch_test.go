package kernel_test

import (
	"math"
	"math/bits"
	"slices"
	"testing"

	"github.com/helixrouter/helix/kernel"
	"pgregory.net/rapid"
)

// works draws batches with few ids, so that streams are shared, and with costs at
// and around every bound. HashMix costs stay below 2^22 except for the rare
// largest one, which is 0.1 s of work.
func works(costs ...uint64) *rapid.Generator[[]kernel.Work] {
	cost := rapid.OneOf(rapid.SampledFrom(costs), rapid.Uint64Range(0, 1<<20))
	input := rapid.OneOf(rapid.SampledFrom([]uint64{0, 1, 1 << 63, 1<<64 - 1}), rapid.Uint64())
	work := rapid.Custom(func(t *rapid.T) kernel.Work {
		return kernel.Work{
			ID:     rapid.OneOf(rapid.Uint64Range(0, 3), rapid.SampledFrom([]uint64{0x123456789abcdef0, 1<<64 - 1})).Draw(t, "id"),
			Inputs: rapid.SliceOfN(input, 0, 6).Draw(t, "inputs"),
			Cost:   cost.Draw(t, "cost"),
		}
	})
	return rapid.SliceOfN(work, 0, 10)
}

func TestHashMixBatchEqualsSingles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		batch := works(0, 63, 64, 127, 128, 1<<20, 1<<20+64, 1<<22).Draw(t, "batch")
		got, err := kernel.HashMixBatch(t.Context(), batch)
		if err != nil || len(got) != len(batch) {
			t.Fatalf("%d results, %v", len(got), err)
		}
		for i, w := range batch {
			single, err := kernel.HashMix(t.Context(), w.Inputs, w.Cost)
			if err != nil || got[i] != single || single != plainHashMix(w) {
				t.Fatalf("item %d: batch %d, single %d (%v), plain %d", i, got[i], single, err, plainHashMix(w))
			}
		}
	})
}

func TestHashMixCostIsClamped(t *testing.T) {
	if testing.Short() {
		t.Skip("0.5 s of work")
	}
	got, err := kernel.HashMixBatch(t.Context(), []kernel.Work{{Cost: 1 << 32}, {Cost: 1<<64 - 1}, {Cost: 1<<32 + 64}})
	if err != nil || got[0] != got[1] || got[0] != got[2] {
		t.Errorf("got %v, %v; want three equal results", got, err)
	}
	single, err := kernel.HashMix(t.Context(), nil, 1<<40)
	if err != nil || single != got[0] {
		t.Errorf("single %d, %v; batch %d", single, err, got[0])
	}
}

func TestPrimeCountBatchEqualsSingles(t *testing.T) {
	plain := plainPrimeCounts()
	rapid.Check(t, func(t *rapid.T) {
		batch := works(0, 10_000, 10_001, 10_007, 127, 128*100, 249_999, 250_000, 250_001, 1<<64-1).Draw(t, "batch")
		got, err := kernel.PrimeCountBatch(t.Context(), batch)
		if err != nil || len(got) != len(batch) {
			t.Fatalf("%d results, %v", len(got), err)
		}
		for i, w := range batch {
			single, err := kernel.PrimeCount(t.Context(), w.Cost)
			want := plain[min(max(w.Cost, 10_000), 250_000)]
			if err != nil || got[i] != single || single != want {
				t.Fatalf("cost %d: batch %d, single %d (%v), plain %d", w.Cost, got[i], single, err, want)
			}
		}
	})
}

// TestPrimeCountAtEveryLimit reads every count there is off one batch.
func TestPrimeCountAtEveryLimit(t *testing.T) {
	plain := plainPrimeCounts()
	batch := make([]kernel.Work, 0, 240_001)
	for limit := uint64(250_000); limit >= 10_000; limit-- {
		batch = append(batch, kernel.Work{Cost: limit})
	}
	got, err := kernel.PrimeCountBatch(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range batch {
		if got[i] != plain[w.Cost] {
			t.Fatalf("primes up to %d: %d, want %d", w.Cost, got[i], plain[w.Cost])
		}
	}
}

func TestMonteCarloRiskBatchEqualsSingles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		batch := works(0, 1_000_000, 1_000_199, 1_000_200, 10_000_000, 10_000_200, 1<<64-1).Draw(t, "batch")
		got, err := kernel.MonteCarloRiskBatch(t.Context(), batch)
		if err != nil || len(got) != len(batch) {
			t.Fatalf("%d results, %v", len(got), err)
		}
		for i, w := range batch {
			single, err := kernel.MonteCarloRisk(t.Context(), w.ID, w.Inputs, w.Cost)
			plain := plainMonteCarloRisk(w)
			if err != nil || math.Float64bits(got[i]) != math.Float64bits(single) || math.Float64bits(single) != math.Float64bits(plain) {
				t.Fatalf("item %d: batch %v, single %v (%v), sorted %v", i, got[i], single, err, plain)
			}
		}
	})
}

// The plain twins say what the kinds are, with none of the shortcuts.

func plainHashMix(w kernel.Work) uint64 {
	x := uint64(0xcbf29ce484222325)
	for _, v := range w.Inputs {
		x ^= v
		x *= 0x100000001b3
		x ^= x >> 33
		x *= 0xff51afd7ed558ccd
		x ^= x >> 33
		x *= 0xc4ceb9fe1a85ec53
		x ^= x >> 33
	}
	for range max(w.Cost/64, 1) {
		x = (bits.RotateLeft64(x, 7) ^ 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	}
	return x
}

// plainPrimeCounts is the number of primes up to each index.
func plainPrimeCounts() []uint64 {
	const limit = 250_000
	composite := make([]bool, limit+1)
	counts := make([]uint64, limit+1)
	for n := 2; n <= limit; n++ {
		counts[n] = counts[n-1]
		if composite[n] {
			continue
		}
		counts[n]++
		for m := 2 * n; m <= limit; m += n {
			composite[m] = true
		}
	}
	return counts
}

func plainMonteCarloRisk(w kernel.Work) float64 {
	sims := min(max(w.Cost/200, 5_000), 50_000)
	s := w.ID ^ 0x123456789abcdef0
	if s == 0 {
		s = 0x123456789abcdef0
	}
	samples := make([]float64, sims)
	for i := range samples {
		s ^= s >> 12
		s ^= s << 25
		s ^= s >> 27
		u := float64(float64(s*0x2545F4914F6CDD1D)/0x1p64*2) - 1
		base := float64(u * .05)
		mean, vol := 0., 1.
		for _, v := range w.Inputs {
			mean += float64(float64(v) / 0x1p64 * .0001)
			vol += float64((float64(bits.RotateLeft64(v, 13))/0x1p64 - .5) * .01)
		}
		samples[i] = mean + float64(base*max(vol, .1))
	}
	slices.Sort(samples)
	return samples[int(math.Floor(.05*float64(sims)))]
}

// TestTailIndexIsTheFloor: the integer division used for the index is the float
// product of the kind's definition, for every number of simulations.
func TestTailIndexIsTheFloor(t *testing.T) {
	for sims := range 50_001 {
		if got := int(math.Floor(.05 * float64(sims))); got != sims/20 {
			t.Fatalf("floor(0.05*%d) = %d, sims/20 = %d", sims, got, sims/20)
		}
	}
}
