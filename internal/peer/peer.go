package peer

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

const (
	// Fresh is how old a report may be whose peer gets jobs: ten heartbeats. Older, and the
	// peer may be gone; younger, and a collector's pause or a busy core would end its share.
	Fresh = 2 * time.Second
	// maxKinds bounds the kinds that are known of a peer, as many as a router has.
	maxKinds = 256

	// overheadNew is the weight of a new job in the learned time of the way.
	overheadNew = 0.1
	// firstOverhead is taken for the way before anything was sent: a quarter of a millisecond is what loopback
	// and a rack have, encoding included.
	firstOverhead = 250 * time.Microsecond
	// wayHalf is the half-life of that, without a job: a peer that says that jobs did not wait, though they did, seems to be
	// far away, and would be for ever as nothing is sent there.
	wayHalf = 10 * time.Second
	// doubtNew is the weight of a new job in by how much a peer takes longer than expected. In a fleet a tenth of
	// which lies the share in time at 0.95 of the capacity is .984 without doubt, .986 from 0.05 on; where nobody
	// lies nothing changes. Of few peers a liar would get all jobs without it.
	doubtNew = 0.2
	// doubtHalf is the half-life of that without news: a peer that was left alone for it is
	// tried again in a few seconds. From 1 s to 10 s the simulated fleet is the same.
	doubtHalf = 3 * time.Second
	// drainHalf is the half-life of a wait by the age of its report: a peer that everybody has seen to be late gets
	// less than it does, until the next report. With heartbeats of 2 s alone, at 0.95 of the capacity, .952 are in time; .916 if
	// a wait stays as it was, .943 with twice this half-life and .909 with half of it. Reports of 0.1 s do not feel it.
	drainHalf = 700 * time.Millisecond

	// The standard deviation of the wait, by which a router weighs a peer against itself, grows with the age of the report: a
	// share of the age for a peer that is idle, and one more by the root of the share of its lanes that is taken, as
	// each job more is then a wait. A peer reports five times a second at the least, so that its age alone is 4 ms at most.
	// In the simulated fleet the errors of waits predicted from reports that are 25, 250 and 700 ms old are 37, 80 and 94 ms
	// at 0.8 of the capacity where jobs wait, and 18, 50 and 100 ms are quoted. Of peers with a free lane
	// they are twice what is quoted; with twice as much an idle peer that was heard of 200 ms ago would seem a risk.
	spreadIdle = 0.02
	spreadBusy = 0.1
	// waitSpread is the standard deviation of a wait by the wait, of a fresh report: 57 of 84 ms at 0.95 of the capacity.
	waitSpread = 0.6
)

// Peer is what is known of one other machine.
type Peer struct {
	id     uint32
	name   string
	report Report
	at     time.Duration // of the report
	kinds  map[string]*pace

	unreported  time.Duration // core time, of its own, of the jobs sent since the report
	since       int           // how many they are
	outstanding int

	way     float64 // ns, learned
	ways    uint64
	wayAt   time.Duration
	bias    float64 // ns by which it takes longer than predicted, learned
	biasAt  time.Duration
	breaker breaker
	counts  Counts
}

// Counts are the jobs of one peer, by what became of them.
type Counts struct {
	Sent, Done, Failed, Refused, Lost uint64
}

// fresh reports whether its last report is young enough.
func (p *Peer) fresh(now time.Duration) bool { return now-p.at <= Fresh }

// usable reports whether it may be sent a job of a kind.
func (p *Peer) usable(now time.Duration, kind string) bool {
	_, serves := p.kinds[kind]
	return serves && !p.report.Draining && p.fresh(now) && p.breaker.ready(now)
}

// capacity is how much work of a kind it does at a time, in cores of here.
func (p *Peer) capacity(now time.Duration, kind string, speed float64) float64 {
	return p.report.Lanes / p.kinds[kind].ratio(now, p.prior(speed))
}

// quote predicts what it makes of a job that takes service here. speed is of the cores here, and company how many jobs come
// for each that is sent from here.
func (p *Peer) quote(now time.Duration, kind string, service time.Duration, speed, company float64) route.Quote {
	age := max(now-p.at, 0)
	run := p.run(now, kind, service, speed)
	overhead := p.overhead(now)
	wait, taken := p.wait(company)
	doubt := p.doubt(now)
	wait = time.Duration(float64(wait)*fade(age, drainHalf)) + doubt
	own, old := float64(wait)*waitSpread, float64(age)*(spreadIdle+float64(spreadBusy*math.Sqrt(taken)))
	return route.Quote{
		Peer: p.id, Valid: true, Wait: wait, Doubt: doubt, Overhead: overhead, Run: run, Age: age, Scarcity: float32(p.report.Scarcity),
		Spread: time.Duration(math.Sqrt(float64(own*own)+float64(old*old))) + overhead/2,
	}
}

// wait is until a job that is sent now starts, and which share of the lanes is taken, at most 1. Of what runs about a half
// is left, and the first of several lanes comes free sooner than that: the work over the lanes is 25 ms too
// much of 44 in the simulated fleet at 0.8 of the capacity, and this 7 of 28.
func (p *Peer) wait(company float64) (wait time.Duration, taken float64) {
	lanes := p.report.Lanes
	jobs := float64(p.report.InFlight) + float64(float64(p.since)*company)
	if jobs < lanes {
		return 0, jobs / lanes
	}
	work, queued := float64(p.report.Backlog)+float64(float64(p.unreported)*company), jobs-lanes
	work *= (queued + 1 - 1/(2*lanes)) / (queued + lanes/2)
	return time.Duration(min(work/lanes, float64(mostBacklog))), 1
}

func (p *Peer) run(now time.Duration, kind string, service time.Duration, speed float64) time.Duration {
	run := float64(max(service, 0)) * p.kinds[kind].ratio(now, p.prior(speed))
	return time.Duration(min(run, float64(mostBacklog)))
}

// prior is log2 of how long it takes by how long is taken here, before anything was learned, within the bounds
// of what can be learned.
func (p *Peer) prior(speed float64) float64 {
	if p.report.Speed <= 0 || speed <= 0 {
		return 0
	}
	return min(max(stats.Log2(speed)-stats.Log2(p.report.Speed), -paceMost), paceMost)
}

func (p *Peer) overhead(now time.Duration) time.Duration {
	if p.ways == 0 {
		return firstOverhead
	}
	return firstOverhead + time.Duration((p.way-float64(firstOverhead))*fade(now-p.wayAt, wayHalf))
}

// doubt is by how much it takes longer than its reports let expect.
func (p *Peer) doubt(now time.Duration) time.Duration {
	if p.bias <= 0 {
		return 0
	}
	return time.Duration(p.bias * fade(now-p.biasAt, doubtHalf))
}

// score orders peers: the time until the job is probably done, in the number of times that it is
// probably offered until somebody takes it. The spread is not in it: once the company is counted it
// makes nothing better, and where reports are old it prefers who reported last, as all others do.
func score(q *route.Quote) float64 {
	return float64(q.Finish()) / max(1-float64(q.Scarcity), 0.05)
}

// hear takes in a report. Reports of the past are not taken.
func (p *Peer) hear(now time.Duration, r Report) {
	if now < p.at {
		return
	}
	p.report, p.at = r.sane(), now
	p.unreported, p.since = 0, 0
}

// serve sets the kinds that it takes, and keeps what is known of those that stay.
func (p *Peer) serve(kinds []string) {
	next := make(map[string]*pace, min(len(kinds), maxKinds))
	for _, k := range kinds[:min(len(kinds), maxKinds)] {
		if next[k] = p.kinds[k]; next[k] == nil {
			next[k] = new(pace)
		}
	}
	p.kinds = next
}

// learn takes in a job that came back.
func (p *Peer) learn(now time.Duration, kind string, speed float64, s *Sample) {
	if k := p.kinds[kind]; k != nil {
		k.observe(now, p.prior(speed), s.Service, s.Run)
	}
	if way := float64(s.Took) - float64(max(s.Wait, 0)) - float64(max(s.Run, 0)); way >= 0 {
		known := float64(p.overhead(now))
		p.ways++
		p.way, p.wayAt = known+float64(max(1/float64(p.ways), overheadNew)*(way-known)), now
	}
	p.compare(now, s)
}

// compare takes in by how much a job took longer than expected, or was given up later. A nil sample says nothing.
func (p *Peer) compare(now time.Duration, s *Sample) {
	if s != nil && s.Expected > 0 {
		// By how much it was later than it let expect, without the doubt that was added to that: of many jobs that
		// were sent in the same belief each says the same, and together they must not say more.
		late, doubt := float64(s.Took)-float64(s.Expected)+float64(s.Doubt), float64(p.doubt(now))
		p.bias = max(doubt+float64(doubtNew*(late-doubt)), 0)
		p.biasAt = now
	}
}

// Sample is one job that a peer has answered.
type Sample struct {
	Service  time.Duration // predicted core time here; 0 = not known
	Expected time.Duration // predicted time until the answer; 0 = not known
	Doubt    time.Duration // part of it, see route.Quote
	Took     time.Duration // time until the answer
	Wait     time.Duration // there, as it says
	Run      time.Duration // there, as it says
}
