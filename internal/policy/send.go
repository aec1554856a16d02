package policy

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// sendMargin is by how much less a peer has to lose for a job to leave. What is known of it
// is older and crosses a wire; without a margin, two idle machines would send each other
// their work for a rounding error. Wider, and a queue has to grow before anything leaves.
const sendMargin = 0.02

var _ route.Sender = (*Adaptive)(nil)

// Send implements route.Sender: a job leaves if a peer is predicted to lose less of it than
// this machine does by the answer that Decide has given, by the same loss.
func (a *Adaptive) Send(req route.Request, who route.Subject, load route.Load, sig *route.Signals, quote route.Quote, local route.Decision) route.Decision {
	if local.Service == 0 || local.Strategy == route.Inline || sig.External >= 1 {
		return local // nothing is known of it, it is short, or somebody has closed the door
	}
	var c question
	if !a.size(&c, req, who, load) {
		return local
	}
	away := a.lossAway(&c, req.Budget, &quote)
	if away+sendMargin >= a.lossHere(&c, req.Budget, load, &local) {
		return local
	}
	return route.Decision{
		Strategy: route.Remote, Reason: route.ReasonPeer, Propensity: 1,
		Predicted: quote.Finish(), Service: c.mean, Cell: uint16(c.cell),
	}
}

// lossHere is what is predicted of the local answer. The book is some ms old, and says what waited then: what has come
// since is taken for jobs like this one, and so is what runs, half done. Without that all jobs of those ms would stay because
// the first of them could, and all of the next leave.
func (a *Adaptive) lossHere(c *question, budget time.Duration, load route.Load, d *route.Decision) float64 {
	if d.Strategy == route.Drop {
		return 1
	}
	miss, finish := 0.0, c.mean
	if budget > 0 {
		miss = c.p.Beyond(budget)
	}
	if lanes := max(a.Book.Lanes, 1); load.CPUBusy+load.Spawned >= lanes {
		ahead := c.mean * time.Duration(2*max(load.Queued-a.Book.Queued, 0)+1) / time.Duration(2*lanes)
		finish = a.finish(c.cell, c.run) + ahead
		if budget > 0 {
			miss = either(miss, a.late(max(budget-ahead, 1), c.run, c.cell))
		}
	}
	return lossOf(miss, finish, c.mean)
}

// lossAway is what is predicted of a peer.
func (a *Adaptive) lossAway(c *question, budget time.Duration, q *route.Quote) float64 {
	return lossOf(missAway(c.p, budget, c.mean, q), q.Finish(), c.mean)
}

// missAway is the probability that a peer does not finish a job in its budget: that it runs for too
// long, or waits for too long, or is turned away there for what matters more. p is of the core time
// that it takes here, and service the mean of it.
func missAway(p estimate.Prediction, budget, service time.Duration, q *route.Quote) float64 {
	miss := float64(q.Scarcity)
	if budget == 0 {
		return miss
	}
	left := budget - q.Wait - q.Overhead
	if left <= 0 {
		return 1
	}
	pace := float64(max(q.Run, 1)) / float64(max(service, 1))
	miss = either(miss, p.Beyond(time.Duration(min(float64(left)/pace, math.MaxInt64/2))))
	return either(miss, stats.Normal(float64(q.Finish()-budget)/float64(max(q.Spread, 1))))
}

// either is the probability that one of two independent things happens.
func either(p, q float64) float64 { return 1 - (1-p)*(1-q) }

// lossOf is the loss that jobs are graded by: 1 if late, the slowness if not.
func lossOf(miss float64, finish, service time.Duration) float64 {
	return miss + (1-miss)*Slowness(float64(finish)/float64(max(service, 1)))
}

// ForeseeAway adds what was predicted of a peer to an account.
func (x *Account) ForeseeAway(q *route.Quote) {
	arm := &x.Arms[route.Remote]
	arm.Wait, arm.Overhead, arm.Run, x.PeerAge = q.Wait, q.Overhead, q.Run, q.Age
	if x.Service == 0 {
		return
	}
	spread := max(float64(x.Spread), 1e-6)
	p := estimate.Prediction{Spread: spread, Log: stats.Log2(float64(x.Service)) - float64(spread*float64(spread*(math.Ln2/2)))}
	miss := missAway(p, x.Budget, x.Service, q)
	arm.Miss, arm.Loss = float32(miss), float32(lossOf(miss, q.Finish(), x.Service))
}
