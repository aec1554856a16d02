package stats

import "math"

// Log2 is the binary logarithm of a normal x > 0 to 1.2e-5, and Exp2 its inverse to 4e-6 of
// the result, for predictions whose spread is 0.07 at the least. Both are straight lines
// between the entries of a table, monotone, and the same on every platform: package math has
// assembly of its own on some, and a product that is added to something is kept
// from being fused. A series as exact as a float32 costs a decision 30 ns more.
func Log2(x float64) float64 {
	pattern := math.Float64bits(x)
	at := &logs[pattern>>(52-tableBits)&(tableSize-1)]
	rest := float64(pattern & (1<<(52-tableBits) - 1))
	return float64(int(pattern>>52)-1023) + (at.value + float64(rest*at.slope))
}

// Exp2 is 2^x, 0 below 2^-1022 and the largest float64 above its exponent.
func Exp2(x float64) float64 {
	switch {
	case !(x > -1022):
		return 0
	case x >= 1023:
		return math.MaxFloat64
	}
	whole := int(x+1024) - 1024 // floor: x+1024 is positive
	steps := float64((x - float64(whole)) * tableSize)
	i := int(steps) & (tableSize - 1)
	at := &powers[i]
	return (at.value + float64((steps-float64(i))*at.slope)) * math.Float64frombits(uint64(whole+1023)<<52)
}

// The tables are 2 kB each, of the 32 that the fastest cache has, and what is left out between two entries
// is h^2/8 times the second derivative, h = 1/128: 1.1e-5 of log2 and 3.7e-6 of 2^x.
const (
	tableBits = 7
	tableSize = 1 << tableBits
)

// line is a function between two entries of its table.
type line struct{ value, slope float64 }

// logs has log2 of 1+i/tableSize, with the slope for a bit of the mantissa, and powers has
// 2^(i/tableSize), with the slope for a step.
var logs, powers = tables()

func tables() (logs, powers [tableSize]line) {
	const bit = 1. / (1 << (52 - tableBits))
	for i := range tableSize {
		low, high := log2(1+float64(i)/tableSize), log2(1+float64(i+1)/tableSize)
		logs[i] = line{low, (high - low) * bit}
		low, high = exp2(float64(i)/tableSize), exp2(float64(i+1)/tableSize)
		powers[i] = line{low, high - low}
	}
	return logs, powers
}

// log2 is Log2 to 2e-9. The mantissa m in [sqrt 1/2, sqrt 2) has ln m = 2 atanh f,
// f = (m-1)/(m+1), |f| < 0.1716: the series' first term left out is 2 f^11/11 < 7e-10.
func log2(x float64) float64 {
	e, f := Reduce(x)
	q := f * f
	sum := float64(q*(1./9)) + 1./7
	sum = float64(sum*q) + 1./5
	sum = float64(sum*q) + 1./3
	sum = float64(sum*q) + 1
	return float64(e) + float64(2/math.Ln2*float64(f*sum))
}

// exp2 is 2^x for x in [0,1] to 1e-7.
func exp2(x float64) float64 {
	whole := math.Floor(x + 0.5)
	t := float64((x - whole) * math.Ln2) // |t| <= 0.3466: t^8/8! < 6e-9
	sum := float64(t*(1./5040)) + 1./720
	sum = float64(sum*t) + 1./120
	sum = float64(sum*t) + 1./24
	sum = float64(sum*t) + 1./6
	sum = float64(sum*t) + 1./2
	sum = float64(sum*t) + 1
	sum = float64(sum*t) + 1
	return sum * (1 + whole) // 2^0 or 2^1
}

// Reduce splits a normal x > 0 for a series: x = 2^e m with m in [sqrt 1/2, sqrt 2), and
// f = (m-1)/(m+1), so that ln m = 2 atanh f.
func Reduce(x float64) (e int, f float64) {
	pattern := math.Float64bits(x)
	e = int(pattern>>52) - 1023
	m := math.Float64frombits(pattern&(1<<52-1) | 1023<<52) // in [1,2)
	if m > math.Sqrt2 {
		m /= 2
		e++
	}
	return e, (m - 1) / (m + 1)
}

// Normal is the probability of a standard normal variable to be below z, by the logistic
// approximation 1/(1+exp(-1.702 z)): off by 0.01 at most, and by more in the tails, where it
// says 0.0006 at z = -4 and the truth is 0.00003.
func Normal(z float64) float64 {
	const perSigma = 1.702 / math.Ln2
	return 1 / (1 + Exp2(-float64(min(max(z, -30), 30)*perSigma)))
}
