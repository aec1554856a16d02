package peer

import (
	"time"

	"github.com/helixrouter/helix/internal/stats"
)

// pace is how long a peer takes for the jobs of one kind, by what they are predicted to
// take here: a mean of log2 of the ratio, in which the newest job has at least a weight of paceKeep.
type pace struct {
	log     float64
	samples uint64
}

const (
	// paceNew is the weight of a new job once there are many. At a tenth a peer that has become
	// half as fast is known for it after 20 jobs; at one half each job of an unusual size would
	// move the choice.
	paceNew = 0.1
	// pacePrior is how many jobs what the cores' speeds let expect counts for.
	pacePrior = 1
	// paceMost bounds one sample: 2^10 times as slow or as fast is a clock that was set.
	paceMost = 10
)

// observe takes in a job that ran for run there and was predicted to take service here.
func (p *pace) observe(prior float64, service, run time.Duration) {
	if service <= 0 || run <= 0 {
		return
	}
	if p.samples == 0 {
		p.log = prior
	}
	x := min(max(stats.Log2(float64(run)/float64(service)), -paceMost), paceMost)
	p.samples++
	weight := max(1/float64(p.samples+pacePrior), paceNew)
	p.log += float64(weight * (x - p.log))
}

// ratio is run time there by core time here.
func (p *pace) ratio(prior float64) float64 {
	if p == nil || p.samples == 0 {
		return stats.Exp2(prior)
	}
	return stats.Exp2(p.log)
}
