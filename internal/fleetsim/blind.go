package fleetsim

import (
	"slices"
	"time"

	"github.com/helixrouter/helix/internal/peer"
)

// blind ways know of a node only that it was heard of lately. Heartbeats reach all routers, so that
// one memory serves them all.
type blind struct {
	at   []time.Duration // of the last heartbeat
	pick func(sender int32) int
}

// tries bounds the draws for one job: with half of the nodes gone, one job in 2^64 goes to one that is gone.
const tries = 64

func newBlind(nodes int) *blind { return &blind{at: make([]time.Duration, nodes)} }

func newRandom(o *Options, nodes []node) chooser {
	b, draw := newBlind(len(nodes)), newSource(o.Seed, choiceStream)
	b.pick = func(int32) int { return draw.below(len(nodes)) }
	return b
}

func newWeighted(o *Options, nodes []node) chooser {
	b, draw := newBlind(len(nodes)), newSource(o.Seed, choiceStream)
	sums, sum := make([]float64, len(nodes)), 0.0
	for i := range nodes {
		sum += float64(float64(nodes[i].lanes) * nodes[i].claims)
		sums[i] = sum
	}
	b.pick = func(int32) int {
		i, _ := slices.BinarySearch(sums, draw.fraction()*sum)
		return min(i, len(sums)-1)
	}
	return b
}

func newRobin(o *Options, nodes []node) chooser {
	b, draw := newBlind(len(nodes)), newSource(o.Seed, choiceStream)
	last := make([]int, o.Senders)
	for i := range last {
		last[i] = draw.below(len(nodes))
	}
	b.pick = func(sender int32) int {
		last[sender] = (last[sender] + 1) % len(nodes)
		return last[sender]
	}
	return b
}

func (b *blind) choose(now time.Duration, t *task) (node int) {
	for range tries {
		if node = b.pick(t.sender); now-b.at[node] <= peer.Fresh {
			break
		}
	}
	return node
}

func (b *blind) heard(now time.Duration, node int, _ peer.Report) { b.at[node] = now }

func (b *blind) told(time.Duration, *task) {}

func (b *blind) ended(time.Duration, *task, peer.Ending) {}
