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
	// doubtNew is the weight of a new job in by how much a peer takes longer than expected.
	doubtNew = 0.2
	// doubtHalf is the half-life of that without news: a peer that was left alone for it is
	// tried again in a few seconds.
	doubtHalf = 3 * time.Second

	// The standard deviation of the wait grows with the age of the report: a share of the age for a
	// peer that is idle, and one more for one all of whose lanes are taken, where each job more is a wait.
	// A peer reports five times a second at the least, so that its age alone is some ms or 20 ms.
	spreadIdle = 0.01
	spreadBusy = 0.2
	// waitSpread is the standard deviation of a wait by the wait, of a fresh report.
	waitSpread = 0.3
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
func (p *Peer) capacity(kind string, speed float64) float64 {
	return p.report.Lanes / p.kinds[kind].ratio(p.prior(speed))
}

// quote predicts what it makes of a job that takes service here. speed is of the cores here, and company how many jobs come
// for each that is sent from here.
func (p *Peer) quote(now time.Duration, kind string, service time.Duration, speed, company float64) route.Quote {
	age := max(now-p.at, 0)
	run := p.run(kind, service, speed)
	wait, taken := p.wait(company)
	wait += p.doubt(now)
	own, old := float64(wait)*waitSpread, float64(age)*(spreadIdle+spreadBusy*taken)
	return route.Quote{
		Peer: p.id, Valid: true, Wait: wait, Overhead: p.overhead(), Run: run, Age: age, Scarcity: float32(p.report.Scarcity),
		Spread: time.Duration(math.Sqrt(float64(own*own)+float64(old*old))) + p.overhead()/2,
	}
}

// wait is until a job that is sent now starts, and which share of the lanes is taken, at most 1. What was sent since
// the report is not in that.
func (p *Peer) wait(company float64) (wait time.Duration, taken float64) {
	lanes := p.report.Lanes
	jobs := float64(p.report.InFlight) + float64(float64(p.since)*company)
	if jobs < lanes {
		return 0, jobs / lanes
	}
	return time.Duration((float64(p.report.Backlog) + float64(float64(p.unreported)*company)) / lanes), 1
}

func (p *Peer) run(kind string, service time.Duration, speed float64) time.Duration {
	return time.Duration(float64(service) * p.kinds[kind].ratio(p.prior(speed)))
}

// prior is log2 of how long it takes by how long is taken here, before anything was learned.
func (p *Peer) prior(speed float64) float64 {
	if p.report.Speed <= 0 || speed <= 0 {
		return 0
	}
	return stats.Log2(speed / p.report.Speed)
}

func (p *Peer) overhead() time.Duration {
	if p.ways == 0 {
		return firstOverhead
	}
	return time.Duration(p.way)
}

// doubt is by how much it takes longer than its reports let expect.
func (p *Peer) doubt(now time.Duration) time.Duration {
	if p.bias <= 0 {
		return 0
	}
	return time.Duration(p.bias * stats.Exp2(-float64(now-p.biasAt)/float64(doubtHalf)))
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
		k.observe(p.prior(speed), s.Service, s.Run)
	}
	if way := float64(s.Took - s.Wait - s.Run); way >= 0 {
		p.ways++
		p.way += max(1/float64(p.ways), overheadNew) * (way - p.way)
	}
	if s.Expected > 0 {
		// The doubt was part of what was expected, so that it settles where nothing is left to correct.
		p.bias = max(float64(p.doubt(now))+doubtNew*float64(s.Took-s.Expected), 0)
		p.biasAt = now
	}
}

// Sample is one job that a peer has answered.
type Sample struct {
	Service  time.Duration // predicted core time here; 0 = not known
	Expected time.Duration // predicted time until the answer; 0 = not known
	Took     time.Duration // time until the answer
	Wait     time.Duration // there, as it says
	Run      time.Duration // there, as it says
}
