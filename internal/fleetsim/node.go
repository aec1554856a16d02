package fleetsim

import (
	"slices"
	"time"

	"github.com/helixrouter/helix/internal/peer"
	"github.com/helixrouter/helix/internal/stats"
)

// fault is what is wrong with a node.
type fault uint8

const (
	sound fault = iota
	blackHole
	liar
	dying
)

const (
	// lanesLeast doubles once or twice: nodes have 2, 4 or 8 lanes.
	lanesLeast, lanesKinds = 2, 3
	// Nodes that are slow are so by a factor between these, and hiddenSlow of them report full speed:
	// their processors are as fast as the others and something else runs on them.
	slowLeast, slowMost = 2.0, 10.0
	hiddenSlow          = 0.5
	// The way to a node takes between these, one way: a rack and the next building.
	wayLeast, wayMost = 100 * time.Microsecond, time.Millisecond
	// scarceHalf is the half-life of what is known of refusals.
	scarceHalf = time.Second
	// meanNew is the weight of a new job in the mean run time on a node.
	meanNew = 0.05
)

// node is one machine.
type node struct {
	lanes  int
	slow   float64 // run time by core time
	claims float64 // the speed that it reports
	way    time.Duration
	fault  fault
	dies   time.Duration // never = it does not
	dead   bool

	running []int32
	waiting []int32
	backlog time.Duration // predicted run time of what waits
	mean    float64       // ns, run time, learned

	offered, refused float64 // predicted run time, of late
	weighed          time.Duration

	beat  peer.Report   // under way to the senders
	phase time.Duration // of its heartbeats
}

// makeNodes draws the fleet of a seed.
func makeNodes(o *Options) []node {
	draw := newSource(o.Seed, nodeStream)
	nodes := make([]node, o.Nodes)
	for i := range nodes {
		n := &nodes[i]
		n.lanes = lanesLeast << draw.below(lanesKinds)
		n.slow, n.claims, n.dies = 1, 1, never
		if draw.fraction() <= o.Slow {
			n.slow = draw.between(slowLeast, slowMost)
			if draw.fraction() > hiddenSlow {
				n.claims = 1 / n.slow
			}
		}
		n.way = time.Duration(draw.between(float64(wayLeast), float64(wayMost)))
		n.phase = time.Duration(draw.between(0, float64(o.Stale)))
		n.mean = float64(o.Mean) * n.slow
		end := time.Duration(draw.between(0.25, 0.75) * float64(o.Duration))
		switch f := draw.fraction(); {
		case f <= o.BlackHoles:
			n.fault = blackHole
		case f <= o.BlackHoles+o.Liars:
			n.fault = liar
		case f <= o.BlackHoles+o.Liars+o.Dying:
			n.fault, n.dies = dying, end
		}
	}
	return nodes
}

// capacity is the core time a second that nodes give who answer at all, until the first dies.
func capacity(nodes []node) (cores float64) {
	for i := range nodes {
		if nodes[i].fault != blackHole {
			cores += float64(nodes[i].lanes) / nodes[i].slow
		}
	}
	return cores
}

// run is how long a job runs here that needs some core time.
func (n *node) run(service time.Duration) time.Duration {
	return time.Duration(float64(service) * n.slow)
}

// report is what the node says of itself.
func (n *node) report(now time.Duration) peer.Report {
	r := peer.Report{Lanes: float64(n.lanes), Speed: n.claims}
	if n.fault == liar || n.fault == blackHole {
		return r
	}
	r.InFlight = len(n.running) + len(n.waiting)
	r.Backlog = n.ahead()
	n.weigh(now)
	if n.offered > 0 {
		r.Scarcity = n.refused / n.offered
	}
	return r
}

// ahead is the run time of what waits and is left to run, of which half is left on average, as a router reports it.
func (n *node) ahead() time.Duration {
	return n.backlog + time.Duration(len(n.running))*time.Duration(n.mean)/2
}

// weigh lets what was refused fade.
func (n *node) weigh(now time.Duration) {
	fade := stats.Exp2(-float64(now-n.weighed) / float64(scarceHalf))
	n.offered, n.refused, n.weighed = n.offered*fade, n.refused*fade, now
}

// admits is the door: it refuses what is predicted to be late.
func (n *node) admits(now time.Duration, j *job) bool {
	run := n.run(j.predicted)
	wait := time.Duration(0)
	if len(n.running) >= n.lanes {
		wait = n.ahead() / time.Duration(n.lanes)
	}
	n.weigh(now)
	n.offered += float64(run)
	if now+wait+run > j.at+j.budget {
		n.refused += float64(run)
		return false
	}
	return true
}

// wait puts a task into the line.
func (n *node) wait(tasks []task, t int32, o Order) {
	n.backlog += n.run(tasks[t].predicted)
	at := len(n.waiting)
	if o == Shortest {
		at, _ = slices.BinarySearchFunc(n.waiting, tasks[t].predicted, func(other int32, p time.Duration) int {
			if tasks[other].predicted <= p {
				return -1
			}
			return 1
		})
	}
	n.waiting = slices.Insert(n.waiting, at, t)
}

// leave takes a task out of the line.
func (n *node) leave(tasks []task, t int32) {
	at := slices.Index(n.waiting, t)
	n.waiting = slices.Delete(n.waiting, at, at+1)
	n.backlog -= n.run(tasks[t].predicted)
}

// end takes a task off its lane.
func (n *node) end(t int32, ran time.Duration) {
	at := slices.Index(n.running, t)
	n.running[at] = n.running[len(n.running)-1]
	n.running = n.running[:len(n.running)-1]
	n.mean += float64(meanNew * (float64(ran) - n.mean))
}
