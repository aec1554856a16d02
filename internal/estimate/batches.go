package estimate

import (
	"math"
	"time"
)

// The law of a batch. A batch whose jobs would take W one by one runs for
//
//	T = c0 + c1 W
//
// with c0 what a batch costs whatever it holds and c1 what it still pays of each job's own time.
// W is a sum of predictions, so that jobs of all sizes count by their size; where none is declared it is the
// number of jobs times what one takes. Errors are factors: what is fitted is T/W = c1 + c0/W, each batch
// counting alike, with neither constant below 0.

const (
	// forgetBatch is what a batch keeps of its weight at the next one: the last 20 count, half of them the last 14.
	// At 0.98 a saving that has gone is believed in for a hundred batches more; at 0.9 the law follows the noise of ten.
	forgetBatch = 0.95
	// singleWeight is the weight, in batches, of what needs no batch to be known: that a batch of one job
	// costs about what the job costs. It decides where all batches are of one size, from which no line can be
	// drawn, and is outvoted by ten batches of other sizes.
	singleWeight = 1
	// batchesFrom is how many batches of two jobs or more a law needs before it may change what is done. The
	// ratio T/W of a batch of eight whose sizes are known to +-30 % has a standard deviation of 6 %, and the
	// mean of 12 one of 2 %: enough to tell a saving of 40 % from 5 %, and 10 % from 5 % mostly.
	batchesFrom = 12
	// clipBatch bounds what one batch can say of the law, in spreads: a pause of the machine is no trend.
	clipBatch = 3
	// leastRatioSpread keeps a kind that was exact so far from being taken for exact, as leastSpread does.
	leastRatioSpread = 0.05
	// firstRatioSpread is what is usual, and what the first few are judged by.
	firstRatioSpread = 0.25
	// batchGrowth is by how much a batch may hold more jobs than the largest that has run: a law of
	// batches of two says nothing of the memory that sixty-four need at a time.
	batchGrowth = 2
)

// Batches learns how long batches of one kind run. The zero Batches knows nothing. It keeps
// ten numbers, however many it has seen. Not safe for concurrent use.
type Batches struct {
	n       int     // batches of two jobs or more
	weight  float64 // of all observations
	z, r    float64 // weighted means of 1/W, in 1/ns, and of T/W
	zz, zr  float64 // weighted variance and covariance
	miss    float64 // weighted mean square of what the law misses, as a share of it
	single  float64 // mean of W over the jobs of a batch: what one job takes, ns
	largest int     // jobs in the largest batch that has run
	typical float64 // jobs in a batch of two or more, of late
}

// Observe takes in a batch of so many jobs that ran to its end: the core time that its jobs were predicted to
// take one by one, and the core time that it took. What is not above 0 is ignored.
func (m *Batches) Observe(jobs int, alone, served time.Duration) {
	if jobs < 1 || alone <= 0 || served <= 0 {
		return
	}
	z, r := 1/float64(alone), float64(served)/float64(alone)
	if m.weight > 0 {
		r = m.judge(z, r)
	} else {
		m.miss = firstRatioSpread * firstRatioSpread
	}
	m.weight = m.weight*forgetBatch + 1
	share := 1 / m.weight
	dz, dr := z-m.z, r-m.r
	m.z += share * dz
	m.r += share * dr
	m.zz = (1 - share) * (m.zz + float64(share*float64(dz*dz)))
	m.zr = (1 - share) * (m.zr + float64(share*float64(dz*dr)))
	m.single += share * (float64(alone)/float64(jobs) - m.single)
	m.largest = max(m.largest, jobs)
	if jobs > 1 {
		m.n++
		m.typical += max(1-forgetBatch, 1/float64(m.n)) * (float64(jobs) - m.typical)
	}
}

// judge holds a batch against the law so far and returns its ratio, clipped.
func (m *Batches) judge(z, r float64) float64 {
	c0, c1 := m.law()
	expected := c1 + float64(c0*z)
	if expected <= 0 {
		return r
	}
	most := clipBatch * m.spread() * expected
	miss := min(max(r-expected, -most), most)
	square := float64(miss/expected) * float64(miss/expected)
	m.miss += max(1-forgetBatch, 1/(m.weight+2)) * (square - m.miss)
	return expected + miss
}

// Doubt makes what was seen so far count for a quarter from now on: there is reason to think that it has changed.
func (m *Batches) Doubt() { m.weight /= 4 }

func (m *Batches) spread() float64 { return math.Sqrt(max(m.miss, leastRatioSpread*leastRatioSpread)) }

// law is c0 in ns and c1: the least squares of what was seen and of the single job, neither below 0.
func (m *Batches) law() (c0, c1 float64) {
	if m.weight == 0 {
		return 0, 1
	}
	n := m.weight + singleWeight
	share := singleWeight / n
	dz, dr := 1/m.single-m.z, 1-m.r
	z, r := m.z+float64(share*dz), m.r+float64(share*dr)
	zz := float64((1-share)*m.zz) + float64(share*float64((1-share)*float64(dz*dz)))
	zr := float64((1-share)*m.zr) + float64(share*float64((1-share)*float64(dz*dr)))
	if zz <= 0 || zr <= 0 { // one size, or the longer the dearer: no fixed part is to be seen
		return 0, r
	}
	c0 = zr / zz
	if c1 = r - float64(c0*z); c1 < 0 { // all of it is fixed: the line through 0
		return (zr + float64(z*r)) / (zz + float64(z*z)), 0
	}
	return c0, c1
}

// Curve returns what the model predicts with now.
func (m *Batches) Curve() BatchCurve {
	c := BatchCurve{Samples: m.n, Largest: m.largest, Typical: m.typical, Single: m.single}
	if m.weight == 0 {
		return c
	}
	c.Fixed, c.Share = m.law()
	c.Spread = m.spread()
	return c
}

// BatchCurve predicts the run time of the batches of one kind. It is immutable and small. The zero
// BatchCurve knows nothing.
type BatchCurve struct {
	Samples int     // batches of two jobs or more that were observed
	Fixed   float64 // c0, ns
	Share   float64 // c1
	Spread  float64 // standard deviation of what the law misses, as a share of it
	Single  float64 // what one job takes by itself, on average, ns
	Largest int     // jobs in the largest batch that has run
	Typical float64 // jobs in a batch of two or more, on average of late
}

// Known tells whether enough batches have run for the law to change what is done.
func (c *BatchCurve) Known() bool { return c.Samples >= batchesFrom }

// Reach is the most jobs that the law may be asked about: twice the largest batch that has run, and 2 at
// first, so that batches grow no faster than what is known of them.
func (c *BatchCurve) Reach() int { return max(c.Largest, 1) * batchGrowth }

// Time is how long a batch is expected to run, alone on a core, whose jobs would take alone one by one.
func (c *BatchCurve) Time(alone time.Duration) time.Duration {
	return time.Duration(min(c.Fixed+float64(c.Share*float64(alone)), longestBatch))
}

// High is the time that 99 of 100 such batches keep.
func (c *BatchCurve) High(alone time.Duration) time.Duration {
	return time.Duration(min(float64(c.Time(alone))*(1+float64(normal99*c.Spread)), longestBatch))
}

// Gain is which share of the core time is saved when jobs average jobs of the kind run as one batch instead of one by
// one. It is below 0 where a batch costs more. A job by itself costs what it was seen to cost when it ran by
// itself, which is not what a batch of one costs: a batch function may be the better one for any number.
func (c *BatchCurve) Gain(jobs float64) float64 {
	if c.Single <= 0 || jobs <= 0 {
		return 0
	}
	return 1 - c.Share - c.Fixed/(float64(jobs*c.Single))
}

// PerJob is the core time that a job costs in a batch with so many like it, if it takes alone by itself.
func (c *BatchCurve) PerJob(jobs float64, alone time.Duration) time.Duration {
	return time.Duration(float64(c.Share*float64(alone)) + c.Fixed/max(jobs, 1))
}

// Fits is how many jobs that take alone each are High within a time, 0 if not even one is.
func (c *BatchCurve) Fits(within, alone time.Duration) float64 {
	room := float64(within)/(1+float64(normal99*c.Spread)) - c.Fixed
	if room <= 0 {
		return 0
	}
	each := c.Share * float64(alone)
	if each <= room/maxFits {
		return maxFits
	}
	return room / each
}

// longestBatch is 104 days, the longest that a float64 has to the nanosecond.
const longestBatch = 1 << 53

// maxFits is more jobs than a batch can hold.
const maxFits = 1 << 20
