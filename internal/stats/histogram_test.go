package stats_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/stats"
)

// The promise of schema 4, and the rounding of an answer to whole nanoseconds.
const (
	relativeError = 0.022
	roundingError = time.Nanosecond
)

// The edges of the resolved range: 2^-24 s and 2^8 s.
const (
	lastZero = 59 * time.Nanosecond
	lastTop  = 256 * time.Second
)

// indexOf returns the Prometheus index of the bucket that counts d.
func indexOf(t *testing.T, d time.Duration) int {
	t.Helper()
	var h stats.Histogram
	h.Observe(d)
	index, seen := 0, 0
	h.Buckets(func(i int, _ float64, n uint64) bool {
		index, seen = i, seen+int(n)
		return true
	})
	if seen != 1 {
		t.Fatalf("%d ns is in %d positive buckets", d, seen)
	}
	return index
}

// boundNanos returns 2^(index/16) seconds in ns, rounded down, to 300 bits.
func boundNanos(index int) time.Duration {
	const precision = 300
	root := new(big.Float).SetPrec(precision).SetInt64(2)
	for range stats.Schema {
		root.Sqrt(root)
	}
	bound := new(big.Float).SetPrec(precision).SetInt64(1_000_000_000)
	for range index & 15 {
		bound.Mul(bound, root)
	}
	bound.SetMantExp(bound, index>>stats.Schema)
	nanos, _ := bound.Int64()
	return time.Duration(nanos)
}

func TestEveryBoundIsInTheBucketItEnds(t *testing.T) {
	for index := -383; index <= 128; index++ {
		bound := boundNanos(index)
		if got := indexOf(t, bound); got != index {
			t.Errorf("the upper end of bucket %d, %d ns, is in bucket %d", index, bound, got)
		}
		if index == 128 {
			continue
		}
		if got := indexOf(t, bound+1); got != index+1 {
			t.Errorf("1 ns above the end of bucket %d is in bucket %d", index, got)
		}
	}
}

// prometheusIndex is the rule of the Prometheus client, as a dumb twin.
func prometheusIndex(seconds float64) int {
	var bounds [16]float64
	for j := range bounds {
		bounds[j] = math.Exp2(float64(j)/16) / 2
	}
	frac, exp := math.Frexp(seconds)
	return sort.SearchFloat64s(bounds[:], frac) + (exp-1)*len(bounds)
}

func TestBucketsAreThoseOfPrometheus(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := time.Duration(rapid.Int64Range(int64(lastZero)+1, int64(lastTop)).Draw(rt, "ns"))
		if got, want := indexOf(t, d), prometheusIndex(d.Seconds()); got != want {
			rt.Fatalf("%d ns: bucket %d, Prometheus says %d", d, got, want)
		}
	})
}

func TestUpperEndsAreInSeconds(t *testing.T) {
	var h stats.Histogram
	h.Observe(time.Second)
	h.Observe(2 * time.Second)
	var uppers []float64
	h.Buckets(func(_ int, upper float64, _ uint64) bool {
		uppers = append(uppers, upper)
		return true
	})
	if !slices.Equal(uppers, []float64{1, 2}) {
		t.Fatalf("upper ends %v, want 1 and 2", uppers)
	}
	calls := 0
	h.Buckets(func(int, float64, uint64) bool { calls++; return false })
	if calls != 1 {
		t.Fatalf("yield was called %d times after it said stop", calls)
	}
}

func TestOutOfRangeIsCounted(t *testing.T) {
	var h stats.Histogram
	for _, d := range []time.Duration{math.MinInt64, -1, 0, lastZero, lastZero + 1, lastTop, lastTop + 1, math.MaxInt64} {
		h.Observe(d)
	}
	if h.Count() != 8 || h.ZeroCount() != 4 || h.Overflow() != 2 {
		t.Fatalf("count %d, zero %d, overflow %d; want 8, 4, 2", h.Count(), h.ZeroCount(), h.Overflow())
	}
	if h.Min() != 0 || h.Max() != math.MaxInt64 || h.Quantile(1) != math.MaxInt64 {
		t.Fatalf("min %d, max %d, last %d", h.Min(), h.Max(), h.Quantile(1))
	}
}

func TestEmptyHistogramAnswersZero(t *testing.T) {
	var h stats.Histogram
	h.Merge(nil)
	h.Sub(nil)
	if h.Count() != 0 || h.Sum() != 0 || h.Mean() != 0 || h.Min() != 0 || h.Max() != 0 ||
		h.Quantile(0.5) != 0 || h.CountAtMost(time.Hour) != 0 {
		t.Fatal("an empty histogram answers something else than 0")
	}
}

func TestSumDoesNotOverflow(t *testing.T) {
	var h stats.Histogram
	for range 5 {
		h.Observe(math.MaxInt64)
	}
	if want := 5 * float64(math.MaxInt64) / 1e9; h.Sum() != want || h.Mean() != math.MaxInt64 {
		t.Fatalf("sum %g s, want %g; mean %d", h.Sum(), want, h.Mean())
	}
}

func TestQuantilesAgainstAnExactSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	sources := map[string]func() float64{ // seconds
		"log-normal": func() float64 { return 0.003 * math.Exp(1.5*rng.NormFloat64()) },
		"Pareto 1.1": func() float64 { return 0.0001 * math.Pow(1-rng.Float64(), -1/1.1) },
		"constant":   func() float64 { return 0.0123 },
		"bimodal": func() float64 {
			if rng.IntN(10) == 0 {
				return 0.2 + 0.02*rng.Float64()
			}
			return 2e-6 + 1e-6*rng.Float64()
		},
	}
	for name, draw := range sources {
		t.Run(name, func(t *testing.T) {
			sample := make([]time.Duration, 20_000)
			for i := range sample {
				sample[i] = time.Duration(draw() * 1e9)
			}
			checkQuantiles(t, sample)
		})
	}
}

func checkQuantiles(t *testing.T, sample []time.Duration) {
	t.Helper()
	h := observed(sample)
	slices.Sort(sample)
	for permille := 1; permille <= 1000; permille++ {
		q := float64(permille) / 1000
		exact, got := stats.NearestRank(sample, q), h.Quantile(q)
		if !keepsPromise(got, exact) {
			t.Errorf("q %g: %v, exact %v", q, got, exact)
		}
		if below := h.CountAtMost(got); float64(below) < q*float64(len(sample))-1e-6 {
			t.Errorf("q %g: only %d of %d are at most its quantile", q, below, len(sample))
		}
	}
}

// keepsPromise reports whether got keeps the promise of Quantile for exact.
func keepsPromise(got, exact time.Duration) bool {
	switch {
	case exact <= lastZero:
		return got >= 0 && got <= lastZero
	case exact > lastTop:
		return got >= exact
	}
	off := math.Abs(float64(got - exact))
	return off <= relativeError*float64(exact)+float64(roundingError)
}

func observed(sample []time.Duration) *stats.Histogram {
	var h stats.Histogram
	for _, d := range sample {
		h.Observe(d)
	}
	return &h
}

// durations draws samples that are spread over all magnitudes.
func durations() *rapid.Generator[[]time.Duration] {
	one := rapid.Custom(func(rt *rapid.T) time.Duration {
		return time.Duration(rapid.Int64().Draw(rt, "ns") >> rapid.IntRange(0, 63).Draw(rt, "shift"))
	})
	return rapid.SliceOf(one)
}

func TestMergeIsTheUnion(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := durations().Draw(rt, "a"), durations().Draw(rt, "b")
		got := observed(a)
		got.Merge(observed(b))
		if *got != *observed(slices.Concat(a, b)) {
			rt.Fatal("the merged histogram differs from that of all samples")
		}
	})
}

func TestSubLeavesTheWindow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		old, recent := durations().Draw(rt, "old"), durations().Draw(rt, "recent")
		h := observed(old)
		snapshot := *h
		for _, d := range recent {
			h.Observe(d)
		}
		h.Sub(&snapshot)
		want := observed(recent)
		if h.Count() != want.Count() || h.Sum() != want.Sum() || h.Mean() != want.Mean() ||
			h.ZeroCount() != want.ZeroCount() || h.Overflow() != want.Overflow() {
			rt.Fatalf("window: count %d sum %g, want %d and %g", h.Count(), h.Sum(), want.Count(), want.Sum())
		}
		if h.Count() > 0 && (h.Min() > want.Min() || h.Max() < want.Max()) {
			rt.Fatal("the extremes of the whole do not enclose those of the window")
		}
	})
}

func TestSubOfAForeignHistogramStopsAtZero(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h, foreign := observed(durations().Draw(rt, "a")), observed(durations().Draw(rt, "b"))
		before := h.Count()
		h.Sub(foreign)
		if h.Count() > before || h.Mean() < 0 || h.Mean() > h.Max() || h.Quantile(0.5) > h.Max() {
			rt.Fatalf("count %d of %d, mean %v, max %v", h.Count(), before, h.Mean(), h.Max())
		}
	})
}

func TestCountAtMostStaysWithinOneBucket(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sample := durations().Draw(rt, "sample")
		d := time.Duration(rapid.Int64Range(0, int64(lastTop)).Draw(rt, "d") >> rapid.IntRange(0, 38).Draw(rt, "shift"))
		reach := max(time.Duration(float64(d)*1.0443)+1, lastZero)
		var least, most uint64
		for _, s := range sample {
			if max(s, 0) <= d {
				least++
			}
			if max(s, 0) <= reach {
				most++
			}
		}
		if got := observed(sample).CountAtMost(d); got < least || got > most {
			rt.Fatalf("%d at most %v, want %d to %d", got, d, least, most)
		}
	})
}

func TestObserveAllocatesNothing(t *testing.T) {
	var h stats.Histogram
	if n := testing.AllocsPerRun(100, func() { h.Observe(time.Millisecond) }); n != 0 {
		t.Fatalf("%g allocations", n)
	}
}

func BenchmarkHistogramObserve(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var sample [1024]time.Duration
	for i := range sample {
		sample[i] = time.Duration(0.003e9 * math.Exp(1.5*rng.NormFloat64()))
	}
	var h stats.Histogram
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		h.Observe(sample[i&1023])
		i++
	}
}

func BenchmarkHistogramQuantile(b *testing.B) {
	var h stats.Histogram
	for i := range 1000 {
		h.Observe(time.Duration(i) * time.Millisecond)
	}
	b.ReportAllocs()
	for b.Loop() {
		h.Quantile(0.99)
	}
}
