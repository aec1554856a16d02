package stats_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/stats"
)

// normal draws a positive float64 of any exponent but a denormal one.
func normal(t *rapid.T, label string) float64 {
	e := rapid.IntRange(-1022, 1023).Draw(t, label+" exponent")
	return math.Ldexp(rapid.Float64Range(1, 1.9999999).Draw(t, label+" mantissa"), e)
}

func TestLog2IsThatOfPackageMath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := normal(t, "x")
		if got, want := stats.Log2(x), math.Log2(x); math.Abs(got-want) > 1.2e-5 {
			t.Fatalf("log2 %g: %.12g, want %.12g", x, got, want)
		}
	})
}

func TestExp2IsThatOfPackageMath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-1021.5, 1022.999).Draw(t, "x")
		if got, want := stats.Exp2(x), math.Exp2(x); math.Abs(got-want) > 4e-6*want {
			t.Fatalf("2^%g: %.12g, want %.12g", x, got, want)
		}
	})
}

// What is larger must never be predicted to be smaller, or the order of a queue would
// depend on rounding.
func TestLog2AndExp2AreMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := normal(t, "x")
		y := x * rapid.Float64Range(1.00000001, 4).Draw(t, "factor")
		if math.IsInf(y, 0) {
			return
		}
		if a, b := stats.Log2(x), stats.Log2(y); a > b {
			t.Fatalf("log2 %g is %g and log2 %g is %g", x, a, y, b)
		}
		e := rapid.Float64Range(-1100, 1100).Draw(t, "e")
		f := e + rapid.Float64Range(1e-6, 3).Draw(t, "more")
		if a, b := stats.Exp2(e), stats.Exp2(f); a > b {
			t.Fatalf("2^%g is %g and 2^%g is %g", e, a, f, b)
		}
	})
}

func TestLog2AndExp2AtTheEndsOfTheirRanges(t *testing.T) {
	for x, want := range map[float64]float64{
		1: 0, 2: 1, 0.5: -1, 1 << 53: 53, math.Ldexp(1, -1022): -1022, math.Ldexp(1, 1023): 1023,
	} {
		if got := stats.Log2(x); got != want {
			t.Errorf("log2 %g is %g, want %g exactly", x, got, want)
		}
	}
	if got := stats.Log2(math.MaxFloat64); math.Abs(got-1024) > 1e-6 {
		t.Errorf("log2 of the largest float64 is %g, want 1024", got)
	}
	for x, want := range map[float64]float64{
		0: 1, 1: 2, -1: 0.5, 1022: math.Ldexp(1, 1022), -1021: math.Ldexp(1, -1021),
		1023: math.MaxFloat64, 1e9: math.MaxFloat64, math.Inf(1): math.MaxFloat64,
		-1022: 0, -1e9: 0, math.Inf(-1): 0, math.NaN(): 0,
	} {
		if got := stats.Exp2(x); got != want {
			t.Errorf("2^%g is %g, want %g exactly", x, got, want)
		}
	}
}

func TestNormalIsTheNormalDistribution(t *testing.T) {
	last := 0.0
	for z := -8.; z <= 8; z += 1. / 64 {
		got, want := stats.Normal(z), 0.5*math.Erfc(-z/math.Sqrt2)
		if math.Abs(got-want) > 0.01 {
			t.Errorf("at %g: %g, want %g within 0.01", z, got, want)
		}
		if got <= last {
			t.Errorf("at %g: %g, no more than at the z before", z, got)
		}
		last = got
	}
	for z, want := range map[float64]float64{math.Inf(-1): 0, -1e300: 0, 0: 0.5, 1e300: 1, math.Inf(1): 1} {
		if got := stats.Normal(z); math.Abs(got-want) > 1e-12 {
			t.Errorf("at %g: %g, want %g", z, got, want)
		}
	}
}
