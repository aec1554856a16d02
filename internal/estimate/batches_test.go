package estimate_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/estimate"
)

// batch is one observation.
type batch struct {
	jobs          int
	alone, served float64 // ns
}

// drawBatch is a batch under a law, with sizes that are known to +-30 % each.
func drawBatch(r *rand.Rand, jobs int, single, fixed, share float64) batch {
	b := batch{jobs: jobs}
	truth := 0.0
	for range jobs {
		declared := single * (0.5 + r.Float64())
		b.alone += declared
		truth += declared * (0.7 + 0.6*r.Float64())
	}
	b.served = fixed + share*truth
	return b
}

func (b batch) into(m *estimate.Batches) {
	m.Observe(b.jobs, time.Duration(b.alone), time.Duration(b.served))
}

// twin is the same law by the normal equations over a list of all batches, with every corner of the
// constraints tried.
func twin(seen []batch) (c0, c1 float64) {
	type point struct{ z, r, w float64 }
	var points []point
	weight, total, single := 1.0, 0.0, 0.0
	for i := len(seen) - 1; i >= 0; i-- {
		b := seen[i]
		points = append(points, point{1 / b.alone, b.served / b.alone, weight})
		single += weight * b.alone / float64(b.jobs)
		total += weight
		weight *= 0.95
	}
	points = append(points, point{total / single, 1, 1})
	var w, z, r, zz, zr float64
	for _, p := range points {
		w, z, r = w+p.w, z+p.w*p.z, r+p.w*p.r
		zz, zr = zz+p.w*p.z*p.z, zr+p.w*p.z*p.r
	}
	miss := func(c0, c1 float64) (sum float64) {
		for _, p := range points {
			d := p.r - c1 - c0*p.z
			sum += p.w * d * d
		}
		return sum
	}
	best := math.Inf(1)
	try := func(a, b float64) {
		if a >= 0 && b >= 0 && miss(a, b) < best {
			best, c0, c1 = miss(a, b), a, b
		}
	}
	try(0, r/w)
	try(zr/zz, 0)
	if det := w*zz - z*z; det > 0 {
		a := (w*zr - z*r) / det
		try(a, (r-a*z)/w)
	}
	return c0, c1
}

func TestTheLawOfBatchesIsTheTwins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		single := rapid.Float64Range(1e4, 1e8).Draw(t, "single")
		fixed := rapid.Float64Range(0, 2).Draw(t, "fixed") * single
		share := rapid.Float64Range(0.01, 1.5).Draw(t, "share")
		most := rapid.IntRange(1, 64).Draw(t, "most")
		var m estimate.Batches
		var seen []batch
		for range rapid.IntRange(1, 300).Draw(t, "batches") {
			b := drawBatch(r, 1+r.IntN(most), single, fixed, share)
			// Within the clip: the twin has none.
			c := m.Curve()
			if law := c.Time(time.Duration(b.alone)); c.Spread > 0 {
				b.served = min(max(b.served, float64(law)*(1-2.9*c.Spread)), float64(law)*(1+2.9*c.Spread))
			}
			b.alone, b.served = math.Floor(b.alone), math.Floor(max(b.served, 1))
			seen = append(seen, b)
			b.into(&m)
		}
		bySize := func(a, b batch) int { return cmp.Compare(a.alone, b.alone) }
		least, largest := slices.MinFunc(seen, bySize).alone, slices.MaxFunc(seen, bySize).alone
		if one := m.Curve().Single; max(largest, one) < 1.5*min(least, one) {
			return // of one size many laws are as good
		}
		c0, c1 := twin(seen)
		c := m.Curve()
		for _, jobs := range []float64{1, 2, 8, 64} {
			want, got := c0+c1*jobs*single, float64(c.Time(time.Duration(jobs*single)))
			if math.Abs(got-want) > 1e-4*want+2 {
				t.Fatalf("a batch of %v: %v, the twin says %v (%v + %v W, the twin %v + %v W)", jobs, got, want, c.Fixed, c.Share, c0, c1)
			}
		}
	})
}

func TestTheLawOfBatchesIsNeverNegativeAndRises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m estimate.Batches
		largest := 0
		for range rapid.IntRange(0, 50).Draw(t, "batches") {
			jobs := rapid.IntRange(-1, 4096).Draw(t, "jobs")
			alone := rapid.Int64Range(-1, 1<<50).Draw(t, "alone")
			served := rapid.Int64Range(-1, 1<<50).Draw(t, "served")
			m.Observe(jobs, time.Duration(alone), time.Duration(served))
			if jobs > 0 && alone > 0 && served > 0 {
				largest = max(largest, jobs)
			}
		}
		c := m.Curve()
		if !(c.Fixed >= 0 && c.Share >= 0 && c.Spread >= 0) || math.IsInf(c.Fixed+c.Share+c.Spread, 0) {
			t.Fatalf("%+v", c)
		}
		if c.Reach() != 2*max(largest, 1) {
			t.Fatalf("reach %d of %d", c.Reach(), largest)
		}
		a, b := rapid.Int64Range(1, 1<<40).Draw(t, "a"), rapid.Int64Range(1, 1<<40).Draw(t, "b")
		if c.Time(time.Duration(a)) > c.Time(time.Duration(a+b)) || c.High(time.Duration(a)) < c.Time(time.Duration(a)) {
			t.Fatalf("%v, then %v", c.Time(time.Duration(a)), c.Time(time.Duration(a+b)))
		}
		if n := c.Fits(time.Duration(b), time.Duration(a)); n >= 1 && n < 1<<20 && n*float64(a) < 1<<53 {
			if high := c.High(time.Duration(n * float64(a))); float64(high) > 1.001*float64(b)+10 {
				t.Fatalf("%v of %v fit into %v, and take %v", n, a, b, high)
			}
		}
	})
}

// A dozen batches tell a saving of 40 % from none.
func TestADozenBatchesTellASaving(t *testing.T) {
	const single = 1e6
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		var saves, equal estimate.Batches
		for range 12 {
			jobs := 2 + r.IntN(7)
			drawBatch(r, jobs, single, 0.457*single, 0.543).into(&saves)
			drawBatch(r, jobs, single, 0, 1).into(&equal)
		}
		s, e := saves.Curve(), equal.Curve()
		if !s.Known() || math.Abs(s.Gain(8)-0.4) > 0.1 || e.Gain(8) > 0.1 {
			t.Errorf("seed %d: gains of %.3f, want .4, and %.3f, want 0", seed, s.Gain(8), e.Gain(8))
		}
	}
}

// Where all batches are of one size no line can be drawn: what is known is their size, and the single job.
func TestBatchesOfOneSize(t *testing.T) {
	var m estimate.Batches
	for range 100 {
		m.Observe(8, 8*time.Millisecond, 4800*time.Microsecond)
	}
	c := m.Curve()
	if got := c.Time(8 * time.Millisecond); (got - 4800*time.Microsecond).Abs() > 50*time.Microsecond {
		t.Errorf("a batch of 8: %v", got)
	}
	if got := c.Time(time.Millisecond); (got - time.Millisecond).Abs() > 100*time.Microsecond {
		t.Errorf("a batch of one: %v", got)
	}
}

// A saving that goes, and one that comes, are seen within 50 batches.
func TestTheLawOfBatchesFollowsAChange(t *testing.T) {
	const single = 1e6
	r := rand.New(rand.NewPCG(1, 3))
	var m estimate.Batches
	for round, share := range []float64{0.5, 1, 0.5} {
		for range 50 {
			drawBatch(r, 2+r.IntN(7), single, 0.1*single, share).into(&m)
		}
		c := m.Curve()
		if want := 1 - share - 0.1/8; math.Abs(c.Gain(8)-want) > 0.12 {
			t.Errorf("round %d: a gain of %.3f, want %.3f", round, c.Gain(8), want)
		}
		for range 200 {
			drawBatch(r, 2+r.IntN(7), single, 0.1*single, share).into(&m)
		}
	}
}

func TestOneBatchThatStallsChangesLittle(t *testing.T) {
	var m estimate.Batches
	for range 50 {
		m.Observe(8, 8*time.Millisecond, 4*time.Millisecond)
	}
	m.Observe(8, 8*time.Millisecond, time.Second)
	if c := m.Curve(); c.Gain(8) < 0.45 {
		t.Errorf("a gain of %.3f after one stall", c.Gain(8))
	}
}

func BenchmarkBatchesObserve(b *testing.B) {
	var m estimate.Batches
	for i := 0; b.Loop(); i++ {
		m.Observe(1+i%8, time.Duration(1+i%8)*time.Millisecond, time.Duration(1+i%8)*600*time.Microsecond)
	}
}
