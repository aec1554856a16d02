package stats_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/stats"
)

func TestNearestRank(t *testing.T) {
	twenty := make([]int, 20)
	for i := range twenty {
		twenty[i] = i + 1
	}
	for q, want := range map[float64]int{
		-1: 1, 0: 1, 0.05: 1, 0.051: 2, 0.5: 10, 0.95: 19, 0.99: 20, 1: 20, 7: 20,
		math.Inf(-1): 1, math.Inf(1): 20,
	} {
		if got := stats.NearestRank(twenty, q); got != want {
			t.Errorf("q %g of 1..20: %d, want %d", q, got, want)
		}
	}
	if got := stats.NearestRank(twenty, math.NaN()); got != 1 {
		t.Errorf("NaN of 1..20: %d, want 1", got)
	}
	if got := stats.NearestRank([]string(nil), 0.5); got != "" {
		t.Errorf("nothing has the quantile %q", got)
	}
}

func TestNearestRankIsExactForDecimals(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		numbers := make([]int, rapid.IntRange(1, 10_000).Draw(rt, "n"))
		for i := range numbers {
			numbers[i] = i + 1
		}
		permille := rapid.IntRange(1, 1000).Draw(rt, "permille")
		want := (len(numbers)*permille + 999) / 1000
		if got := stats.NearestRank(numbers, float64(permille)/1000); got != want {
			rt.Fatalf("rank of %d/1000 of %d: %d, want %d", permille, len(numbers), got, want)
		}
	})
}

func TestEMAStartsAtTheFirstSample(t *testing.T) {
	var e stats.EMA
	for i, want := range []float64{100, 85, 79.75} {
		e.Observe([]float64{100, 0, 50}[i], 0.15)
		if math.Abs(e.Value()-want) > 1e-12 {
			t.Errorf("after %d samples: %g, want %g", i+1, e.Value(), want)
		}
	}
	e.Observe(math.NaN(), 0.15)
	e.Observe(math.Inf(1), 0.15)
	if e.Count() != 3 || math.Abs(e.Value()-79.75) > 1e-12 {
		t.Errorf("a sample that is not finite left %g after %d", e.Value(), e.Count())
	}
}

func TestAbsorbEqualsOneByOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var direct, composed stats.EMA
		var part stats.Partial
		largest := 1.0
		rt.Repeat(map[string]func(*rapid.T){
			"observe": func(rt *rapid.T) {
				x := rapid.Float64Range(-1e9, 1e9).Draw(rt, "x")
				alpha := rapid.Float64Range(0, 1).Draw(rt, "alpha")
				largest = max(largest, math.Abs(x))
				direct.Observe(x, alpha)
				part.Observe(x, alpha)
			},
			"ignored": func(*rapid.T) {
				direct.Observe(math.NaN(), 0.5)
				part.Observe(math.NaN(), 0.5)
			},
			"absorb": func(rt *rapid.T) {
				composed.Absorb(&part)
				if part != (stats.Partial{}) {
					rt.Fatal("the partial is not empty after Absorb")
				}
				if math.Abs(direct.Value()-composed.Value()) > 1e-12*largest || direct.Count() != composed.Count() {
					rt.Fatalf("composed %g, one by one %g", composed.Value(), direct.Value())
				}
			},
		})
	})
}

func TestHalfLifeHalves(t *testing.T) {
	h := stats.HalfLife{Half: time.Second}
	h.Update(5*time.Second, 1)
	for seconds, want := range map[time.Duration]float64{0: 1, 4: 1, 5: 1, 6: 0.5, 8: 0.125, 15: 1. / 1024} {
		if got := h.Value(seconds * time.Second); got != want {
			t.Errorf("at %d s: %g, want %g", seconds, got, want)
		}
	}
}

func TestHalfLifeFollowsALevel(t *testing.T) {
	for _, step := range []time.Duration{10 * time.Millisecond, 100 * time.Millisecond, time.Second} {
		h := stats.HalfLife{Half: time.Second}
		h.Update(0, 0)
		for now := step; now <= 20*time.Second; now += step {
			h.Update(now, 0.7)
		}
		if got := h.Value(20 * time.Second); math.Abs(got-0.7) > 1e-5 {
			t.Errorf("sampled every %v: %g, want 0.7", step, got)
		}
	}
}

func TestALoneSampleMovesTheAverageByHalfAtMost(t *testing.T) {
	h := stats.HalfLife{Half: time.Second}
	h.Update(0, 0)
	h.Update(time.Hour, 1)
	if got := h.Value(time.Hour); got != 0.5 {
		t.Errorf("%g, want 0.5", got)
	}
}

func TestHalfLifeStaysWithinItsSamples(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := stats.HalfLife{Half: time.Duration(rapid.Int64Range(1, math.MaxInt64).Draw(rt, "half"))}
		largest := 0.0
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			now := time.Duration(rapid.Int64().Draw(rt, "now"))
			if rapid.Bool().Draw(rt, "update") {
				x := rapid.Float64().Draw(rt, "x")
				h.Update(now, x)
				largest = max(largest, math.Abs(x))
			}
			h.Update(now, math.NaN())
			if got := h.Value(now); !(math.Abs(got) <= largest*(1+1e-9)) {
				rt.Fatalf("average %g of samples up to %g", got, largest)
			}
		}
	})
}
