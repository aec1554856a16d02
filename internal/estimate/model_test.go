package estimate_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/estimate"
)

// law is the true cost of a job of u units, in ns.
type law func(u float64) float64

// world makes jobs of one kind with sizes over three decades.
type world struct {
	rng   *rand.Rand
	law   law
	noise float64 // share by which a time is off, either way, evenly
	hint  float64 // what is declared, as a share of the true units
}

func newWorld(seed uint64, l law) *world {
	return &world{rng: rand.New(rand.NewPCG(seed, 1)), law: l, noise: 0.3, hint: 1}
}

// size draws true units.
func (w *world) size() float64 { return math.Exp2(10 + 10*w.rng.Float64()) }

func (w *world) declared(u float64) uint64 { return uint64(max(u*w.hint, 1)) }

func (w *world) observe(m *estimate.Model, n int) {
	for range n {
		u := w.size()
		m.Observe(w.declared(u), time.Duration(w.law(u)*(1+w.noise*(2*w.rng.Float64()-1))))
	}
}

// miss is the median of |ln(predicted/true)| over fresh jobs.
func (w *world) miss(m *estimate.Model) float64 {
	c, misses := m.Curve(), []float64(nil)
	for range 501 {
		u := w.size()
		misses = append(misses, math.Abs(math.Log(float64(c.Predict(w.declared(u)).Median())/w.law(u))))
	}
	slices.Sort(misses)
	return misses[len(misses)/2]
}

func perUnit(u float64) float64 { return 500 * u }

var laws = []struct {
	name string
	law  law
}{
	{"u", perUnit},
	{"u log u", func(u float64) float64 { return 50 * u * math.Log2(u) }},
	{"u squared", func(u float64) float64 { return 0.01 * u * u }},
	{"constant", func(float64) float64 { return 3e6 }},
}

func TestTheUsualLawsAreLearnedThroughNoise(t *testing.T) {
	for _, l := range laws {
		for seed := range uint64(5) {
			w, m := newWorld(seed, l.law), new(estimate.Model)
			w.observe(m, 50)
			if got := w.miss(m); got > 0.25 {
				t.Errorf("%s, seed %d: off by %.3f after 50 jobs, want 0.25", l.name, seed, got)
			}
			w.observe(m, 250)
			if got := w.miss(m); got > 0.10 {
				t.Errorf("%s, seed %d: off by %.3f after 300 jobs, want 0.10", l.name, seed, got)
			}
		}
	}
}

func TestTheSlopeIsThatOfTheLaw(t *testing.T) {
	for i, want := range []float64{1, 1.07, 2, 0} { // u log u is steeper than u by 1/ln u
		w, m := newWorld(1, laws[i].law), new(estimate.Model)
		w.observe(m, 400)
		if got := m.Curve().Slope; math.Abs(got-want) > 0.08 {
			t.Errorf("%s: slope %.3f, want %.2f", laws[i].name, got, want)
		}
	}
}

func TestACostThatDoublesIsFollowed(t *testing.T) {
	for seed := range uint64(5) {
		for _, factor := range []float64{2, 0.5} {
			w, m := newWorld(seed, perUnit), new(estimate.Model)
			w.observe(m, 2000)
			w.law = func(u float64) float64 { return factor * perUnit(u) }
			if got := w.miss(m); got < 0.6 {
				t.Fatalf("the change cannot be seen: off by %.2f", got)
			}
			jobs := 0
			for w.miss(m) > math.Log(1.25) {
				if jobs += 10; jobs >= 60 {
					t.Fatalf("seed %d, cost x %g: off by %.2f after %d jobs", seed, factor, w.miss(m), jobs)
				}
				w.observe(m, 10)
			}
			t.Logf("seed %d, cost x %g: within 25 %% after %d jobs", seed, factor, jobs)
		}
	}
}

// What was true a thousand jobs ago must not keep a kind from being seen as it is.
func TestALawThatIsNoLongerTrueIsForgotten(t *testing.T) {
	w, m := newWorld(1, perUnit), new(estimate.Model)
	w.observe(m, 2000)
	w.law = laws[3].law
	w.observe(m, 1500)
	if got, slope := w.miss(m), m.Curve().Slope; got > 0.1 || slope > 0.1 {
		t.Errorf("off by %.3f with a slope of %.2f, 1500 jobs after units have lost their meaning", got, slope)
	}
}

func TestHintsThatAreWrongByAFactorCostNothing(t *testing.T) {
	for _, hint := range []float64{100, 0.01} {
		w, m := newWorld(3, perUnit), new(estimate.Model)
		w.hint = hint
		w.observe(m, 300)
		if got := w.miss(m); got > 0.12 {
			t.Errorf("hints x %g: off by %.3f, want 0.12", hint, got)
		}
		if m.Curve().Noise {
			t.Errorf("hints x %g are taken for noise", hint)
		}
	}
}

func TestHintsThatMeanNothingAreCalledNoiseAndForgotten(t *testing.T) {
	for seed := range uint64(5) {
		w, m := newWorld(seed, perUnit), new(estimate.Model)
		for range 400 {
			m.Observe(uint64(w.size()), time.Duration(5e6*(0.7+0.6*w.rng.Float64())))
		}
		c := m.Curve()
		if !c.Noise || c.Slope > 0.1 {
			t.Errorf("seed %d: noise %v, slope %.2f", seed, c.Noise, c.Slope)
		}
		for _, units := range []uint64{1 << 10, 1 << 15, 1 << 20} {
			if got := c.Predict(units).Mean(); math.Abs(math.Log(float64(got)/5e6)) > 0.25 {
				t.Errorf("seed %d: %d units are predicted to take %v, and all take 5ms", seed, units, got)
			}
		}
	}
}

// One in ten takes fifty times as long: the spread must say so.
func TestTwoModesMakeAWideSpread(t *testing.T) {
	w, narrow, wide := newWorld(1, perUnit), new(estimate.Model), new(estimate.Model)
	w.observe(narrow, 500)
	slow := func() float64 {
		if w.rng.IntN(10) == 0 {
			return 50
		}
		return 1
	}
	for range 500 {
		u := w.size()
		wide.Observe(uint64(u), time.Duration(perUnit(u)*slow()))
	}
	c := wide.Curve()
	if n := narrow.Curve(); c.Spread < 2*n.Spread {
		t.Errorf("spread %.2f with two modes and %.2f with one", c.Spread, n.Spread)
	}
	kept := 0
	for range 10_000 {
		u := w.size()
		if time.Duration(perUnit(u)*slow()) <= c.Predict(uint64(u)).High() {
			kept++
		}
	}
	if kept < 9700 {
		t.Errorf("%d of 10000 keep the time that 99 of 100 shall, want 9700", kept)
	}
}

func TestHighCoversNinetyNineOfAHundred(t *testing.T) {
	w, m := newWorld(2, perUnit), new(estimate.Model)
	for range 1000 {
		u := w.size()
		m.Observe(uint64(u), time.Duration(perUnit(u)*math.Exp(0.5*w.rng.NormFloat64())))
	}
	c, kept := m.Curve(), 0
	for range 10_000 {
		u := w.size()
		if time.Duration(perUnit(u)*math.Exp(0.5*w.rng.NormFloat64())) <= c.Predict(uint64(u)).High() {
			kept++
		}
	}
	if kept < 9800 || kept > 9990 {
		t.Errorf("%d of 10000 keep it, want about 9900", kept)
	}
}

func TestNothingIsKnownOfAnEmptyModel(t *testing.T) {
	m := new(estimate.Model)
	m.Observe(7, 0)
	m.Observe(7, -time.Second)
	if p := new(estimate.Curve).Predict(7); p.Known() || p.Trust != estimate.Guessed {
		t.Errorf("the zero curve predicts %+v", p)
	}
	if c := m.Curve(); c.Samples != 0 || c.Predict(7).Known() || m.Mean() != 0 {
		t.Errorf("jobs that took no time were learned from: %+v", c)
	}
}

func TestASizeIsProvenByOneAboutAsLarge(t *testing.T) {
	m := new(estimate.Model)
	known := func(units uint64) (proven, settled bool) {
		c := m.Curve()
		p := c.Predict(units)
		return p.Trust >= estimate.Proven, p.Trust >= estimate.Settled
	}
	for n := 1; n <= 250; n++ {
		m.Observe(uint64(100*(1+n%10)), time.Duration(100*(1+n%10))*time.Microsecond)
		if proven, settled := known(1000); proven != (n >= 200) || settled != (n >= 50) {
			t.Fatalf("after %d jobs: proven %v, settled %v", n, proven, settled)
		}
	}
	for units, want := range map[uint64]bool{1: true, 1000: true, 1499: true, 1510: false, 1 << 40: false} {
		if proven, settled := known(units); proven != want || settled != want {
			t.Errorf("%d units after 1000: proven %v, settled %v, want %v", units, proven, settled, want)
		}
	}
	m.Observe(1490, 1490*time.Microsecond)
	if proven, _ := known(2200); !proven {
		t.Error("each proof should let the next be half as large again")
	}
}

// Whatever is observed, and however wild, a prediction is a number that can be worked with.
func TestPredictionsAreAlwaysNumbers(t *testing.T) {
	units := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 3), rapid.Just[uint64](math.MaxUint64))
	times := rapid.OneOf(rapid.Int64(), rapid.Int64Range(0, 10), rapid.Just[int64](math.MaxInt64))
	rapid.Check(t, func(t *rapid.T) {
		m := new(estimate.Model)
		for range rapid.IntRange(0, 300).Draw(t, "jobs") {
			m.Observe(units.Draw(t, "units"), time.Duration(times.Draw(t, "time")))
		}
		if v := m.Mean(); math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			t.Fatalf("mean of the kind %v", v)
		}
		c := m.Curve()
		for range 5 {
			checkPrediction(t, c.Predict(units.Draw(t, "size")), c.Samples > 0)
		}
	})
}

func checkPrediction(t *rapid.T, p estimate.Prediction, known bool) {
	if p.Known() != known {
		t.Fatalf("known: %v, want %v", p.Known(), known)
	}
	if !known {
		return
	}
	for _, v := range []float64{p.Log, p.Spread, p.LogMean()} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("%+v", p)
		}
	}
	if p.Mean() < p.Median() || p.High() < p.Median() || p.Median() <= 0 {
		t.Fatalf("median %v, mean %v, high %v", p.Median(), p.Mean(), p.High())
	}
	last := 1.0
	for _, d := range []time.Duration{math.MinInt64, 0, 1, time.Microsecond, time.Second, math.MaxInt64} {
		beyond := p.Beyond(d)
		if math.IsNaN(beyond) || beyond < 0 || beyond > last {
			t.Fatalf("beyond %v: %v, and %v before", d, beyond, last)
		}
		last = beyond
	}
}

func TestBeyondIsHalfAtTheMedian(t *testing.T) {
	w, m := newWorld(1, perUnit), new(estimate.Model)
	w.observe(m, 300)
	c := m.Curve()
	p := c.Predict(1 << 14)
	for d, want := range map[time.Duration]float64{p.Median(): 0.5, p.High(): 0.01, p.Median() / 100: 1} {
		if got := p.Beyond(d); math.Abs(got-want) > 0.012 {
			t.Errorf("beyond %v: %.3f, want %.2f", d, got, want)
		}
	}
}

func BenchmarkPredict(b *testing.B) {
	w, m := newWorld(1, perUnit), new(estimate.Model)
	w.observe(m, 300)
	c := m.Curve()
	b.ReportAllocs()
	var sum time.Duration
	for b.Loop() {
		sum += c.Predict(12345).Mean()
	}
}
