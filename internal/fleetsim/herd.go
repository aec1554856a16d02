package fleetsim

import (
	"time"

	"github.com/helixrouter/helix/internal/peer"
)

// herd sends each job to the best of all nodes by the last reports: what two choices are there to avoid. It
// counts what its router has sent since a report, and trusts speeds as they are reported.
type herd struct {
	draw    source
	senders [][]seen
}

// seen is what one router knows of one node.
type seen struct {
	at    time.Duration
	run   float64 // run time by core time
	wait  float64 // ns
	lanes float64
	free  float64 // lanes; below 1 a job has to wait
	work  float64 // ns of run time, that is there
}

func newHerd(o *Options, nodes []node) chooser {
	h := &herd{draw: newSource(o.Seed, choiceStream), senders: make([][]seen, o.Senders)}
	for i := range h.senders {
		h.senders[i] = make([]seen, len(nodes))
	}
	return h
}

func (h *herd) choose(now time.Duration, t *task) int {
	nodes := h.senders[t.sender]
	best, least := -1, 0.0
	start, size := h.draw.below(len(nodes)), float64(t.predicted)
	for i := range nodes {
		at := start + i
		if at >= len(nodes) {
			at -= len(nodes)
		}
		n := &nodes[at]
		if ends := n.wait + float64(size*n.run); (best < 0 || ends < least) && now-n.at <= peer.Fresh {
			best, least = at, ends
		}
	}
	if best >= 0 {
		n := &nodes[best]
		n.free--
		n.work += float64(size * n.run)
		n.weigh()
	}
	return best
}

func (n *seen) weigh() {
	n.wait = 0
	if n.free < 1 {
		n.wait = n.work / n.lanes
	}
}

func (h *herd) heard(now time.Duration, node int, r peer.Report) {
	for i := range h.senders {
		h.senders[i][node].hear(now, &r)
	}
}

func (n *seen) hear(now time.Duration, r *peer.Report) {
	n.at, n.run, n.lanes, n.free, n.work = now, 1/r.Speed, r.Lanes, r.Lanes-float64(r.InFlight), float64(r.Backlog)
	n.weigh()
}

func (h *herd) told(now time.Duration, t *task) { h.senders[t.sender][t.node].hear(now, &t.report) }

func (h *herd) ended(time.Duration, *task, peer.Ending) {}
