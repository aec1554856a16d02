package fleetsim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/helixrouter/helix/internal/peer"
)

// The ways to choose a node.
const (
	Random   = "random"      // any node that is heard of
	Weighted = "weighted"    // any, in proportion to its lanes by the speed that it reports
	Robin    = "round-robin" // one after the other, by each router for itself
	Herd     = "stale-best"  // the best of all by the last reports, with what the router has sent since
	Two      = "two-choices" // what the live client does: internal/peer
	Best     = "best"        // where it really ends first, of all that is and will be known; see clairvoyant.go
)

// chooser is a way to choose a node, for all routers: each knows what it alone has heard.
type chooser interface {
	// choose returns a node for the job of a task, -1 for none.
	choose(now time.Duration, t *task) int
	// heard is told of a heartbeat of a node, which all routers hear.
	heard(now time.Duration, node int, r peer.Report)
	// told is told of the report that came to one router with the answer to a task.
	told(now time.Duration, t *task)
	// ended is told what became of a task, as its router sees it.
	ended(now time.Duration, t *task, e peer.Ending)
}

var ways = []struct {
	name string
	make func(*Options, []node) chooser
}{
	{Random, newRandom}, {Weighted, newWeighted}, {Robin, newRobin}, {Herd, newHerd}, {Two, newTwo}, {Best, nil},
}

// Ways are the names of all ways, the best last.
func Ways() []string {
	names := make([]string, len(ways))
	for i := range ways {
		names[i] = ways[i].name
	}
	return names
}

func wayOf(name string) (func(*Options, []node) chooser, error) {
	names := Ways()
	if i := slices.Index(names, name); i >= 0 {
		return ways[i].make, nil
	}
	return nil, fmt.Errorf("unknown way %q: use one of %s", name, strings.Join(names, ", "))
}

// Deaf reports whether a way takes no notice of reports, so that Stale and Replies change nothing but
// how soon a node is missed.
func Deaf(way string) bool { return slices.Contains([]string{Random, Weighted, Robin, Best}, way) }
