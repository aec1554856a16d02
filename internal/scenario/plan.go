package scenario

import (
	"math"
	"time"
)

// plan is how a scenario draws its jobs.
type plan struct {
	name    string
	kinds   []kind
	shape   shape
	drift   float64 // factor on the true core time from half-time on
	lie     func(kind int, units float64, s source) float64
	tenants []tenant // of each job, but where its kind has its own
	retries int
	stolen  float64 // share of the cores that is away for the middle third
}

// kind is one kind of job.
type kind struct {
	name   string
	share  float64 // of all jobs
	size   size
	spread float64       // true core time is the declared one times 1 +- spread
	price  float64       // ns of core time for a unit
	budget time.Duration // of each job
	tenant string        // whose jobs they are; "" = see plan
}

// tenant is who sends jobs.
type tenant struct {
	name  string
	share float64
}

// unitPrice makes the threshold table's bounds mean what they are meant for:
// 8,000 units, the largest inline job, are 80 us, and 60,000, the smallest heavy
// one, are 600 us.
const unitPrice = 10 // ns

// office is the mix of all scenarios that are about something else than sizes:
// many small jobs, some of medium size, few large ones that are most of the work.
// Budgets are some ten times the size, so that a short queue is harmless and
// a long one is fatal. A unit's price differs between the kinds, as it does in
// life, and declared sizes are right to +-30 %.
var office = []kind{
	{"small", 0.55, uniform(40*time.Microsecond, 2*time.Millisecond), 0.3, unitPrice, 20 * time.Millisecond, ""},
	{"medium", 0.34, uniform(time.Millisecond, 10*time.Millisecond), 0.3, unitPrice / 2., 80 * time.Millisecond, ""},
	{"large", 0.11, uniform(10*time.Millisecond, 60*time.Millisecond), 0.3, unitPrice * 2, 400 * time.Millisecond, ""},
}

// bimodal is the mix that limits learned from latency fail on: the 200 ms jobs
// are 5 % of the jobs and 91 % of the work.
var bimodal = []kind{
	{"short", 0.95, exactly(time.Millisecond), 0, unitPrice, 50 * time.Millisecond, ""},
	{"long", 0.05, exactly(200 * time.Millisecond), 0, unitPrice, time.Second, ""},
}

// tailed has one kind and one budget for all sizes, as callers who do not know
// their sizes would set it: the largest one in a thousand cannot make it.
var tailed = []kind{
	{"query", 1, pareto(time.Millisecond / 2), 0.3, unitPrice, 100 * time.Millisecond, ""},
}

// patient is office with budgets that three retries fit into: 3 x 100 ms and time
// to run. With shorter ones a retry would come too late to matter.
var patient = []kind{
	{"small", 0.55, office[0].size, 0.3, unitPrice, 400 * time.Millisecond, ""},
	{"medium", 0.34, office[1].size, 0.3, unitPrice / 2., 400 * time.Millisecond, ""},
	{"large", 0.11, office[2].size, 0.3, unitPrice * 2, 600 * time.Millisecond, ""},
}

// neighbours are seven tenants and one that sends ten times what each of them does.
var neighbours = []tenant{
	{"noisy", 10. / 17}, {"quiet-1", 1. / 17}, {"quiet-2", 1. / 17}, {"quiet-3", 1. / 17},
	{"quiet-4", 1. / 17}, {"quiet-5", 1. / 17}, {"quiet-6", 1. / 17}, {"quiet-7", 1. / 17},
}

// senders are one tenant who floods the door with short jobs and three who send a few long
// ones each: by size alone the three get what the one leaves.
var senders = []kind{
	{"lookup", 0.94, uniform(time.Millisecond/2, 3*time.Millisecond/2), 0.3, unitPrice, 50 * time.Millisecond, "flood"},
	{"report", 0.02, uniform(10*time.Millisecond, 30*time.Millisecond), 0.3, unitPrice, 400 * time.Millisecond, "north"},
	{"report", 0.02, uniform(10*time.Millisecond, 30*time.Millisecond), 0.3, unitPrice, 400 * time.Millisecond, "south"},
	{"report", 0.02, uniform(10*time.Millisecond, 30*time.Millisecond), 0.3, unitPrice, 400 * time.Millisecond, "east"},
}

// plans are the scenarios, in the order of the issue that asked for them.
var plans = []plan{
	{name: "steady", kinds: office, shape: flat},
	{name: "step", kinds: office, shape: step},
	{name: "burst", kinds: office, shape: burst},
	{name: "ramp", kinds: office, shape: ramp},
	{name: "mixed", kinds: bimodal, shape: flat},
	{name: "heavy-tail", kinds: tailed, shape: flat},
	{name: "drift", kinds: office, shape: flat, drift: 2},
	{name: "wrong-hints", kinds: office, shape: flat, lie: wrongHint},
	{name: "noisy-neighbour", kinds: office, shape: flat, tenants: neighbours},
	{name: "retry-storm", kinds: patient, shape: flat, retries: 3},
	{name: "stolen-cores", kinds: office, shape: flat, stolen: 0.5},
	{name: "retry-step", kinds: patient, shape: step, retries: 3},
	{name: "tenants", kinds: senders, shape: flat},
}

// wrongHint declares a hundred times too much for the first kind, a hundredth for
// the second, and noise over four decades for the third: the first two can be
// learned, the last can only be distrusted.
func wrongHint(kind int, units float64, s source) float64 {
	switch kind {
	case 0:
		return units * 100
	case 1:
		return units / 100
	default:
		return [...]float64{1e3, 1e4, 1e5, 1e6}[s.below(4)] * s.between(1, 10)
	}
}

// meanService is the mean core time of a job over the whole run, in ns.
func (p *plan) meanService() float64 {
	mean := 0.0
	for _, k := range p.kinds {
		mean += float64(k.share * k.size.mean)
	}
	if p.drift > 0 {
		mean = float64(mean*(1+p.drift)) / 2 // the rate is the same in both halves
	}
	return mean
}

// draw makes one job. The order of the draws is part of what a seed means, and
// the number of them does not depend on the time: all loads have the same jobs.
func (p *plan) draw(s source, id uint64, at, run time.Duration) Job {
	n := pick(s.fraction(), len(p.kinds), func(i int) float64 { return p.kinds[i].share })
	k := &p.kinds[n]
	declared := k.size.draw(s)
	service := declared
	if k.spread > 0 {
		service = float64(declared * s.between(1-k.spread, 1+k.spread))
	}
	if p.drift > 0 && at >= run/2 {
		service *= p.drift
	}
	units := declared / k.price
	if p.lie != nil {
		units = p.lie(n, units, s)
	}
	j := Job{
		At: at, First: at, ID: id, Kind: k.name, Budget: k.budget,
		Units:   uint64(max(math.Round(units), 1)),
		Service: time.Duration(max(math.Round(service), 1)),
		Scaling: s.fraction(), Tenant: k.tenant,
	}
	if p.tenants != nil {
		j.Tenant = p.tenants[pick(s.fraction(), len(p.tenants), func(i int) float64 { return p.tenants[i].share })].name
	}
	return j
}

// pick finds where x falls among n shares; the last one takes what rounding leaves.
func pick(x float64, n int, share func(int) float64) int {
	for i := range n - 1 {
		if x -= share(i); x < 0 {
			return i
		}
	}
	return n - 1
}
