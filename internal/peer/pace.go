package peer

import (
	"time"

	"github.com/helixrouter/helix/internal/stats"
)

// pace is how long a peer takes for the jobs of one kind, by what they are predicted to
// take here: a mean of log2 of the ratio, in which the newest job has at least a weight of paceNew.
type pace struct {
	log     float64
	samples uint64
	at      time.Duration // of the last job
}

const (
	// paceNew is the weight of a new job once there are many. At a tenth a peer that has become
	// half as fast is known for it after 20 jobs; at one half each job of an unusual size would
	// move the choice. The simulated fleet is the same from 0.05 to 0.2. The first job counts alone: with what the
	// cores' speeds let expect as one job more, a tenth of the fleet that is slow and does not say so takes the
	// 99th percentile from 1.12 to 1.13 of the best possible, as three jobs more to 1.15.
	paceNew = 0.1
	// paceMost bounds one sample: 2^10 times as slow or as fast is a clock that was set.
	paceMost = 10
	// paceHalf is the half-life of what was learned, without a job: a peer that was ten times as slow gets none
	// any more, and would get none for ever when it has recovered. It is tried again after a minute or two, which costs one
	// job; at a second the slow peers of a fleet would be tried all the time.
	paceHalf = time.Minute
)

// observe takes in a job that ran for run there and was predicted to take service here.
func (p *pace) observe(now time.Duration, prior float64, service, run time.Duration) {
	if service <= 0 || run <= 0 {
		return
	}
	x := min(max(stats.Log2(float64(run)/float64(service)), -paceMost), paceMost)
	log := p.faded(now, prior)
	p.samples++
	weight := max(1/float64(p.samples), paceNew)
	p.log, p.at = log+float64(weight*(x-log)), now
}

// ratio is run time there by core time here.
func (p *pace) ratio(now time.Duration, prior float64) float64 {
	if p == nil || p.samples == 0 {
		return stats.Exp2(prior)
	}
	return stats.Exp2(p.faded(now, prior))
}

// faded is what is left of the learned log2, on its way back to what the cores' speeds let expect.
func (p *pace) faded(now time.Duration, prior float64) float64 {
	return prior + float64((p.log-prior)*fade(now-p.at, paceHalf))
}

// fade is what is left of a value after some time, by its half-life.
func fade(age, half time.Duration) float64 { return stats.Exp2(-float64(max(age, 0)) / float64(half)) }
