package stats

import "math"

// EMA is an exponential moving average by sample: each one moves it by the share
// alpha, and the first becomes its value. 100, 0, 50 with alpha 0.15 give 100,
// 85, 79.75. The zero value is empty. Not safe for concurrent use.
//
// It forgets by samples, not by time: on an idle router it stands still. For an
// average that forgets by time see HalfLife.
type EMA struct {
	value float64
	n     uint64
}

// Observe applies one sample; alpha lies in 0..1. A sample that is not finite is
// ignored, since one of them would stay in the average for ever.
func (e *EMA) Observe(x, alpha float64) {
	if !finite(x) {
		return
	}
	e.value = blend(e.value, x, e.n, alpha)
	e.n++
}

// Absorb applies the samples of p after those of e, as if each had gone to e
// itself, and empties p.
func (e *EMA) Absorb(p *Partial) {
	if p.n == 0 {
		return
	}
	e.value = p.kept*blend(e.value, p.first, e.n, p.alpha) + p.sum
	e.n += p.n
	*p = Partial{}
}

// Value returns the average; 0 when empty.
func (e *EMA) Value() float64 { return e.value }

// Count returns the number of samples applied.
func (e *EMA) Count() uint64 { return e.n }

// Partial collects samples for an EMA that lives elsewhere, so that a writer
// touches shared memory once per batch of samples instead of once per sample.
// The zero value is empty. Not safe for concurrent use.
//
// Applying the samples x1..xn to a value v is linear in v. What remains to be
// known is the factor that v meets and the sum that is added. The first sample
// is kept apart because in an empty EMA it counts in full.
type Partial struct {
	first float64 // x1
	alpha float64 // of x1
	kept  float64 // product of 1-alpha over x2..xn
	sum   float64 // x2..xn, each with its alpha and what the later ones kept of it
	n     uint64
}

// Observe collects one sample, on the terms of EMA.Observe.
func (p *Partial) Observe(x, alpha float64) {
	if !finite(x) {
		return
	}
	if p.n == 0 {
		p.first, p.alpha, p.kept = x, alpha, 1
	} else {
		p.kept = forget(p.kept, 1-alpha)
		p.sum = (1-alpha)*p.sum + alpha*x
	}
	p.n++
}

// Count returns the number of samples collected since the last Absorb.
func (p *Partial) Count() uint64 { return p.n }

// blend moves value towards x by alpha; the first sample replaces it.
func blend(value, x float64, n uint64, alpha float64) float64 {
	if n == 0 {
		return x
	}
	return (1-alpha)*value + alpha*x
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// negligible is a share below which what was there before leaves no trace in a
// float64 average, and far above the denormal numbers, on which a processor
// takes a hundred times as long: without an end to it, a share that shrinks with
// each sample would come to rest among them.
const negligible = 1e-100

// forget shrinks a share, to 0 where it no longer matters.
func forget(share, factor float64) float64 {
	if share *= factor; share < negligible {
		return 0
	}
	return share
}
