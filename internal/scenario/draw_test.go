package scenario

import (
	"math"
	"testing"
)

func TestOwnArithmeticAgreesWithPackageMath(t *testing.T) {
	s := newSource(1, 1)
	for range 200_000 {
		x := s.open()
		for range s.below(60) {
			x /= 2
		}
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 1e-15*math.Abs(want)+2e-16 {
			t.Fatalf("ln %v = %v, want %v", x, got, want)
		}
		if got, want := cubeRoot(x), math.Cbrt(x); math.Abs(got/want-1) > 1e-15 {
			t.Fatalf("cube root of %v = %v, want %v", x, got, want)
		}
	}
}

func TestExponentialHasMeanAndVarianceOne(t *testing.T) {
	s := newSource(2, 1)
	const n = 1_000_000
	var sum, squares float64
	for range n {
		x := s.exponential()
		sum, squares = sum+x, squares+x*x
	}
	if mean := sum / n; math.Abs(mean-1) > 0.005 || math.Abs(squares/n-mean*mean-1) > 0.02 {
		t.Errorf("mean %v, second moment %v", mean, squares/n)
	}
}
