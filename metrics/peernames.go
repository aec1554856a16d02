package metrics

import (
	"sync"

	"github.com/helixrouter/helix"
)

const (
	// maxPeers is how many peers have series of their own: eleven a peer. With 64 the metrics of the
	// peers are some 700 series, about as many as those of a dozen kinds; far fewer, and an
	// ordinary fleet would not be told apart, far more, and a fleet whose names change with
	// each deployment would fill the server.
	maxPeers = 64
	// otherPeer labels the sum of the rest.
	otherPeer = "other"
)

// peerNames decides which peers have series of their own. One that has them keeps them while
// it is there, whoever joins: series that went from one to the other would show jumps that
// never happened. It is safe for concurrent use.
type peerNames struct {
	mu    sync.Mutex
	own   map[string]bool       // labels with series of their own, maxPeers at most; guarded by mu
	rest  map[string]peerCounts // what the others had counted at the last look; guarded by mu
	other peerCounts            // all that was ever counted of the rest: it must not fall when one leaves; guarded by mu
}

// rows sums the peers up by label, the rest last and only where there ever was one.
func (n *peerNames) rows(peers []helix.Peer) []peerRow {
	n.mu.Lock()
	defer n.mu.Unlock()
	named := n.chooseLocked(peers)
	rest, counts := peerRow{label: otherPeer}, map[string]peerCounts{}
	rows := make([]peerRow, 0, len(named)+1)
	for i := range peers {
		p := &peers[i]
		if label, ok := named[i]; ok {
			row := peerRow{label: label, jobs: countsOf(p)}
			row.add(p)
			rows = append(rows, row)
			continue
		}
		rest.add(p)
		counts[p.Name] = countsOf(p)
		n.countLocked(p.Name, countsOf(p))
	}
	n.rest = counts
	if len(counts) > 0 || n.other != (peerCounts{}) {
		rest.jobs = n.other
		rows = append(rows, rest)
	}
	return rows
}

// chooseLocked gives labels to peers, by their place: first to those that had one, then in
// order. Names that would collide, with each other or with the sum, get none.
func (n *peerNames) chooseLocked(peers []helix.Peer) map[int]string {
	named, taken := map[int]string{}, map[string]bool{otherPeer: true}
	give := func(fits func(label string) bool) {
		for i := range peers {
			label := printable(peers[i].Name)
			if _, done := named[i]; !done && len(named) < maxPeers && !taken[label] && fits(label) {
				named[i], taken[label] = label, true
			}
		}
	}
	give(func(label string) bool { return n.own[label] })
	give(func(string) bool { return true })
	delete(taken, otherPeer)
	n.own = taken
	return named
}

// countLocked adds what one of the rest has counted since the last look. A peer whose counts are
// lower than before is a new one of that name.
func (n *peerNames) countLocked(name string, now peerCounts) {
	before := n.rest[name]
	for i := range now {
		if now[i] < before[i] {
			before = peerCounts{}
			break
		}
	}
	for i := range now {
		n.other[i] += now[i] - before[i]
	}
}
