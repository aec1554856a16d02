package fleetsim

import (
	"slices"
	"time"
)

// clairvoyant sends each job to the node where it really ends first, as of its arrival, with all that
// every router has sent, true sizes, true speeds, and every fault known in advance. Who came first is served first. What
// can be in time nowhere is refused at once. It is the best of greedy ways and no bound: a way that leaves the
// fast nodes to those who need them could do better beyond the fleet's capacity.
func clairvoyant(nodes []node, jobs *stream) Result {
	var y tally
	c := newFuture(nodes)
	for j, ok := jobs.next(); ok; j, ok = jobs.next() {
		y.offered++
		node, end := c.first(&j)
		if node < 0 || end > j.at+j.budget {
			y.refused++
			y.without(&j)
			continue
		}
		c.book(node, end-c.way[node])
		y.done(&j, end-j.at)
	}
	return y.result(Best)
}

// future is when each lane of each node comes free.
type future struct {
	soonest []time.Duration // by node: of its lanes
	way     []time.Duration
	slow    []float64
	dies    []time.Duration
	lanes   [][]time.Duration
}

func newFuture(nodes []node) *future {
	c := new(future)
	for i := range nodes {
		n := &nodes[i]
		if n.fault == blackHole {
			continue
		}
		c.way, c.slow, c.dies = append(c.way, n.way), append(c.slow, n.slow), append(c.dies, n.dies)
		c.lanes, c.soonest = append(c.lanes, make([]time.Duration, n.lanes)), append(c.soonest, 0)
	}
	return c
}

// first returns where and when a job would end first, -1 where it would end nowhere.
func (c *future) first(j *job) (best int, end time.Duration) {
	best = -1
	service := float64(j.service)
	for i, free := range c.soonest {
		left := max(j.at+c.way[i], free) + time.Duration(float64(service*c.slow[i]))
		if at := left + c.way[i]; (best < 0 || at < end) && left < c.dies[i] {
			best, end = i, at
		}
	}
	return best, end
}

// book takes the lane of a node that comes free first until a job has left it.
func (c *future) book(node int, until time.Duration) {
	lanes := c.lanes[node]
	lanes[slices.Index(lanes, c.soonest[node])] = until
	c.soonest[node] = slices.Min(lanes)
}
