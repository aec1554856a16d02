package estimate

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/stats"
)

const (
	// forget is what an observation keeps of its weight at the next one: the last 200 count,
	// half of them the last 138. Less, and the slope follows noise; more, and a cost
	// that has doubled is believed only after a thousand jobs.
	forget = 0.995
	// quick is the weight of the newest observation in the level, which moves before the
	// slope may: a cost that doubles is followed within some 30 jobs.
	quick = 1. / 16
	// slopeFrom is how many observations a slope needs; before, a unit has a price.
	slopeFrom = 50
	// guessFrom is how many it takes to see whether a unit has a price at all.
	guessFrom = 5
	// slopeSpread is the variance of log2 u below which there is no slope to be seen: sizes
	// within a factor of four, evenly spread, have (2/sqrt 12)^2.
	slopeSpread = 0.33
	// maxSlope is the steepest law that is believed, u^2.
	maxSlope = 2
	// leastSpread keeps a kind that was exact so far from being taken for exact: 2^0.07 is 5 %.
	leastSpread = 0.07
	// firstSpread is what is usual: a factor of 1.5 either way.
	firstSpread = 0.6
	// clip bounds what one observation can say, in spreads: an outlier is not a trend.
	clip = 3
	// otherLaw is by how much the slope moves in one observation when another law was chosen.
	// The drift that is kept then makes the 50th job's prediction worse than the 40th's.
	otherLaw = 0.25
	// tailStep is how fast the 99th percentile of what the law misses is followed, in octaves: up
	// by 99 of 100 of it when one lies above, down by 1 of 100 when not. A mode that one job in
	// ten is in and that is 50 times as slow is covered after 200 jobs; at a tenth of the step it
	// would take 2000, and at ten times 1 outlier in 1000 would rule.
	tailStep = 0.25
	// noiseFrom and noiseShare tell when declared units are called noise: when after so
	// many observations they explain less than a fifth of what the times do.
	noiseFrom  = 200
	noiseShare = 0.2
)

// Model learns the service time of one kind. The zero Model knows nothing. Not safe
// for concurrent use.
type Model struct {
	n      int
	weight float64 // of all observations
	x, y   float64 // weighted means of log2 u and log2 S
	xx, xy float64 // weighted variance and covariance
	yy     float64
	drift  float64 // of late, what the law misses
	tail   float64 // what 99 of 100 jobs miss it by at most
	proven float64 // log2 of the most units that have run
}

// Observe takes in a job that ran: its declared units, 0 for none, and the
// core time that it took. What took no time is ignored.
func (m *Model) Observe(units uint64, service time.Duration) {
	if service <= 0 {
		return
	}
	x, y := logUnits(units), stats.Log2(float64(service))
	if m.n > 0 {
		y = m.judge(x, y)
	} else {
		m.tail = normal99 * firstSpread
	}
	if m.n == 0 || x > m.proven {
		m.proven = x
	}
	before := m.slope()
	m.n++
	m.weight = m.weight*forget + 1
	share := 1 / m.weight
	dx, dy := x-m.x, y-m.y
	m.x += share * dx
	m.y += share * dy
	m.xx = (1 - share) * (m.xx + float64(share*float64(dx*dx)))
	m.xy = (1 - share) * (m.xy + float64(share*float64(dx*dy)))
	m.yy = (1 - share) * (m.yy + float64(share*float64(dy*dy)))
	if math.Abs(m.slope()-before) > otherLaw {
		m.drift = 0 // it is what the old law missed
	}
}

// judge holds an observation against the law so far, moves tail and drift, and returns it
// clipped: in full it moves the tail alone.
func (m *Model) judge(x, y float64) float64 {
	expected := m.level(x) + m.drift
	sigma := math.Sqrt(m.variance())
	miss := min(max(y-expected, -clip*sigma), clip*sigma)
	if y-expected > m.tail {
		m.tail += 0.99 * tailStep
	} else {
		m.tail = max(m.tail-0.01*tailStep, 0)
	}
	m.drift += max(quick, 1/float64(m.n+1)) * (y - expected)
	m.drift = min(max(m.drift, -16), 16)
	return expected + miss
}

func (m *Model) variance() float64 {
	b, n := m.slope(), float64(m.n)
	around := m.yy - float64(2*float64(b*m.xy)) + float64(float64(b*b)*m.xx)
	// The first few know little of their own spread: two votes for what is usual.
	around = (float64(around*n) + 2*firstSpread*firstSpread) / (n + 2)
	return max(around, leastSpread*leastSpread)
}

// slope is b.
func (m *Model) slope() float64 {
	switch {
	case m.xx < slopeSpread, m.n < guessFrom:
		return 1
	case m.n < slopeFrom: // the better one of a price and none
		if float64(2*m.xy) < m.xx { // then the variance of y is less than that of y-x
			return 0
		}
		return 1
	}
	return min(max(m.xy/m.xx, 0), maxSlope)
}

// level is the law without the drift of late.
func (m *Model) level(x float64) float64 { return m.y + float64(m.slope()*(x-m.x)) }

// noise reports whether declared units say nothing about the time.
func (m *Model) noise() bool {
	return m.n >= noiseFrom && m.xx >= slopeSpread &&
		float64(m.xy*m.xy) < float64(noiseShare*float64(m.xx*m.yy)) && m.slope() < 0.5
}

// Curve returns what the model predicts with now.
func (m *Model) Curve() Curve {
	c := Curve{Samples: m.n, Noise: m.noise()}
	if m.n == 0 {
		return c
	}
	c.Slope = m.slope()
	c.level = m.level(0) + m.drift
	c.Spread = math.Sqrt(m.variance())
	c.tail = m.tail
	c.proven = m.proven
	switch {
	case m.n >= provenFrom:
		c.trust = Proven
	case m.n >= slopeFrom:
		c.trust = Settled
	}
	return c
}

// logUnits is 0 for undeclared sizes, as for one unit.
func logUnits(units uint64) float64 {
	if units <= 1 {
		return 0
	}
	return stats.Log2(float64(units))
}

// Mean is the time that a job of the usual size needs; 0 before there was one.
func (m *Model) Mean() float64 {
	if m.n == 0 {
		return 0
	}
	return stats.Exp2(m.y)
}

// Samples is how many jobs have been observed.
func (m *Model) Samples() int { return m.n }
