package workload

import (
	"iter"

	"github.com/helixrouter/helix"
)

// The names of the sample kinds, as package kernel registers them.
const (
	hashMix        = "HashMix"
	primeCount     = "PrimeCount"
	monteCarloRisk = "MonteCarloRisk"
)

// The mix. Every number is the original workload's.
const (
	primeShare = 0.55 // of all jobs are PrimeCount
	hashShare  = 0.75 // of the others are HashMix, the rest MonteCarloRisk
	heavyShare = 0.15 // of all jobs draw their cost from heavyCost
)

var (
	inputCount = span{2, 6}
	inputValue = span{0, 200_000}
	budgetMS   = span{5, 80}
	heavyCost  = span{80_000, 300_000} // of any kind
)

// lightCost is what a job that is not heavy declares. The ends differ because a
// unit of cost is not the same work in every kind.
func lightCost(kind string) span {
	switch kind {
	case hashMix:
		return span{500, 120_000}
	case primeCount:
		return span{2_000, 80_000}
	default:
		return span{20_000, 250_000}
	}
}

// Generator makes the jobs of a seed, one after the other, ids counting from 0.
// It is not safe for concurrent use.
type Generator struct {
	random *chacha
	next   uint64  // id of the next job
	heavy  float64 // probability that a job is heavy
}

// New returns the generator of a seed.
func New(seed uint64) *Generator {
	return &Generator{random: newChacha(seed), heavy: heavyShare}
}

// Next makes the next job. The order of the draws is part of what a seed means.
func (g *Generator) Next() helix.Job {
	job := helix.Job{ID: g.next, Kind: g.kind()}
	g.next++
	job.Inputs = make([]uint64, g.random.within(inputCount))
	for i := range job.Inputs {
		job.Inputs[i] = g.random.within(inputValue)
	}
	cost := lightCost(job.Kind)
	if g.random.chance(g.heavy) {
		cost = heavyCost
	}
	job.ComputeCost = g.random.within(cost)
	job.ScalingPotential = float64(g.random.fraction())
	job.LatencyBudgetMS = g.random.within(budgetMS)
	return job
}

func (g *Generator) kind() string {
	switch {
	case g.random.chance(primeShare):
		return primeCount
	case g.random.chance(hashShare):
		return hashMix
	default:
		return monteCarloRisk
	}
}

// Jobs makes the next n jobs. A negative n is none.
func (g *Generator) Jobs(n int) []helix.Job {
	jobs := make([]helix.Job, max(n, 0))
	for i := range jobs {
		jobs[i] = g.Next()
	}
	return jobs
}

// All makes jobs for as long as the loop over it wants them.
func (g *Generator) All() iter.Seq[helix.Job] {
	return func(yield func(helix.Job) bool) {
		for yield(g.Next()) {
		}
	}
}

// PressureBurst is a workload that turns bad at once: warm jobs of which none is
// heavy, then burst jobs that all are. Ids count from 0 over both.
func PressureBurst(seed uint64, warm, burst int) []helix.Job {
	g := New(seed)
	g.heavy = 0
	jobs := g.Jobs(warm)
	g.heavy = 1
	return append(jobs, g.Jobs(burst)...)
}
