package fleetsim

import (
	"strconv"
	"time"

	"github.com/helixrouter/helix/internal/peer"
)

// kind is the only one: what differs between kinds is learned for each by itself.
const kind = "job"

// two is a peer.Fleet for each router, driven as the live client drives it.
type two struct {
	draw   source
	nodes  []node
	fleets []peer.Fleet
	names  []string
	node   map[string]int
	of     [][]int32 // by router and number of the peer: the node, and one more
	kinds  []string  // of a node's first report
}

func newTwo(o *Options, nodes []node) chooser {
	w := &two{
		draw: newSource(o.Seed, choiceStream), nodes: nodes, fleets: make([]peer.Fleet, o.Senders), names: make([]string, len(nodes)),
		node: make(map[string]int, len(nodes)), of: make([][]int32, o.Senders), kinds: []string{kind},
	}
	for i := range w.fleets {
		w.fleets[i].Speed = 1
	}
	for i := range nodes {
		w.names[i] = "node-" + strconv.Itoa(i)
		w.node[w.names[i]] = i
	}
	return w
}

func (w *two) choose(now time.Duration, t *task) int {
	f := &w.fleets[t.sender]
	q := f.Choose(now, kind, t.predicted, w.draw.pcg.Uint64())
	if !q.Valid {
		return -1
	}
	f.Send(q.Peer, q.Run)
	t.quote = q
	return w.nodeOf(t.sender, q.Peer)
}

// nodeOf is the node of a peer's number, which each fleet gives for itself.
func (w *two) nodeOf(sender int32, id uint32) int {
	for len(w.of[sender]) <= int(id) {
		w.of[sender] = append(w.of[sender], 0)
	}
	n := &w.of[sender][id]
	if *n == 0 {
		*n = int32(w.node[w.fleets[sender].Name(id)]) + 1
	}
	return int(*n) - 1
}

func (w *two) heard(now time.Duration, node int, r peer.Report) {
	kinds := w.kinds
	if now > 0 {
		kinds = nil
	}
	for i := range w.fleets {
		w.fleets[i].Hear(now, w.names[node], kinds, r)
	}
}

func (w *two) told(now time.Duration, t *task) {
	w.fleets[t.sender].Hear(now, w.names[t.node], nil, t.report)
}

func (w *two) ended(now time.Duration, t *task, e peer.Ending) {
	s := peer.Sample{Service: t.predicted, Expected: t.quote.Finish(), Doubt: t.quote.Doubt, Took: now - t.at, Wait: t.started - t.arrived, Run: t.ran}
	if w.nodes[t.node].fault == liar {
		s.Wait = 0
	}
	w.fleets[t.sender].End(now, t.quote.Peer, kind, e, &s, "no answer")
}
