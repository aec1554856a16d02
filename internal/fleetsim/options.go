package fleetsim

import (
	"fmt"
	"math"
	"time"

	"github.com/helixrouter/helix/internal/peer"
)

// Options say what fleet meets what jobs. DefaultOptions fills all of it.
type Options struct {
	Nodes   int           // machines that run jobs, 2 to peer.MaxPeers
	Senders int           // routers that send them, each with its own knowledge of the nodes, 1 to 256
	Load    float64       // offered core time over what the nodes can do, above 0 and at most 10
	Stale   time.Duration // between two heartbeats of a node, 10 ms to 2 s
	Replies bool          // answers carry reports too, as those of the live client do
	Order   Order         // of what waits on a node

	Duration time.Duration // in which jobs arrive, at most an hour; the run ends when the last has ended
	Mean     time.Duration // mean core time of a job on a node of full speed, 100 us to 10 s
	Seed     uint64        // of the jobs, the nodes and all chance

	Slow       float64 // share of the nodes that are 2 to 10 times slower, 0..1
	BlackHoles float64 // share of the nodes that take jobs and never answer, 0..1
	Liars      float64 // share of the nodes that always report idleness, 0..1
	Dying      float64 // share of the nodes that end at a random moment of the middle half, without a word, 0..1
}

// Order is which of the jobs that wait on a node is next.
type Order uint8

// The orders.
const (
	FIFO     Order = iota // who came first
	Shortest              // what is predicted to be shortest, as in the live pool
)

// String names it.
func (o Order) String() string { return [...]string{"fifo", "shortest"}[o] }

// ParseOrder is the reverse of String.
func ParseOrder(s string) (Order, error) {
	for _, o := range []Order{FIFO, Shortest} {
		if s == o.String() {
			return o, nil
		}
	}
	return 0, fmt.Errorf("order %q: use %v or %v", s, FIFO, Shortest)
}

// DefaultOptions is a fleet of 1,000 nodes, a fifth of them slow, at 0.8 of what they can do.
func DefaultOptions() Options {
	return Options{
		Nodes: 1000, Senders: 16, Load: 0.8, Stale: 100 * time.Millisecond, Replies: true,
		Duration: 30 * time.Second, Mean: 100 * time.Millisecond, Seed: 1, Slow: 0.2,
	}
}

// maxSenders bounds memory: each knows each node in some 600 bytes.
const maxSenders = 256

func (o *Options) check() error {
	switch {
	case o.Nodes < 2 || o.Nodes > peer.MaxPeers:
		return fmt.Errorf("nodes %d, want 2 to %d, the peers that a router knows", o.Nodes, peer.MaxPeers)
	case o.Senders < 1 || o.Senders > maxSenders:
		return fmt.Errorf("senders %d, want 1 to %d", o.Senders, maxSenders)
	case !(o.Load > 0) || o.Load > 10:
		return fmt.Errorf("load %v, want above 0 and at most 10", o.Load)
	case o.Stale < 10*time.Millisecond || o.Stale > peer.Fresh:
		return fmt.Errorf("stale %v, want 10ms to %v: an older report makes a peer unusable", o.Stale, peer.Fresh)
	case o.Duration <= 0 || o.Duration > time.Hour:
		return fmt.Errorf("duration %v, want above 0 and at most an hour", o.Duration)
	case o.Mean < 100*time.Microsecond || o.Mean > 10*time.Second:
		return fmt.Errorf("mean %v, want 100µs to 10s", o.Mean)
	case o.Order > Shortest:
		return fmt.Errorf("order %d, want %d or %d", o.Order, FIFO, Shortest)
	}
	for name, share := range map[string]float64{"black holes": o.BlackHoles, "liars": o.Liars, "dying": o.Dying} {
		if !(share >= 0 && share <= 0.5) {
			return fmt.Errorf("%s %v, want a share of 0 to 0.5", name, share)
		}
	}
	if !(o.Slow >= 0 && o.Slow <= 1) || math.IsNaN(o.Slow) {
		return fmt.Errorf("slow %v, want a share of 0 to 1", o.Slow)
	}
	return nil
}
