package helix

import (
	"time"

	"github.com/helixrouter/helix/internal/policy"
)

// Fleet is one look at the other machines that a router can send jobs to.
type Fleet struct {
	Node      string // own name among the peers
	Connected bool   // with the transport's engine
	Server    string // that it is connected to; "" = none
	LastError string // of the connection, "" = none yet

	Sent     uint64  // jobs that were sent to a peer
	Done     uint64  // of those, the ones with a result in time for their caller
	Returned uint64  // of those, the ones that had to be decided again here
	Retries  uint64  // second attempts after one that failed
	Hedges   uint64  // second attempts beside one that takes long
	Budget   float64 // second attempts that may be made now
	Peers    []Peer  // sorted by name
}

// Peer is what is known of one other machine.
type Peer struct {
	Name  string
	State PeerState
	Why   string        // of a state that is not ready; "" = nothing to say
	Age   time.Duration // of the freshest report

	InFlight int           // jobs that it had taken and not ended, as it reported
	Backlog  time.Duration // core time that waited there
	Lanes    float64       // jobs that it runs at a time
	Scarcity float64       // share of the work offered to it that it turned away, 0..1
	Speed    float64       // of its cores beside this machine's, before anything was learned; 0 = not known

	Outstanding int           // jobs sent there that have not come back
	Overhead    time.Duration // learned: the way there and back
	Doubt       time.Duration // learned: by how much it takes longer than it lets expect

	Sent, Done, Failed, Refused, Lost uint64 // jobs: sent, with a result, with an error of their own, not let in there, without an answer
	Kinds                             []PeerKind
}

// PeerKind is what was learned of one kind on one peer.
type PeerKind struct {
	Kind    string
	Slowth  float64 // run time there by predicted core time here
	Samples uint64
}

// PeerState says whether a peer gets jobs.
type PeerState string

// The states of a peer.
const (
	PeerReady    PeerState = "ready"
	PeerStale    PeerState = "stale"    // its last report is too old
	PeerDraining PeerState = "draining" // it has said that it leaves
	PeerEjected  PeerState = "ejected"  // its breaker is open: too many jobs in a row got no answer
	PeerTrial    PeerState = "trial"    // its breaker is half open: one job is sent to see
)

// Fleet looks at the peers; ok is false where the router has no transport.
func (r *Router) Fleet() (f Fleet, ok bool) {
	if r.transport == nil {
		return Fleet{}, false
	}
	return r.transport.Fleet(), true
}

// LoadReport is what a router tells others of its load, so that they can predict what it
// would make of a job.
type LoadReport struct {
	InFlight int           // jobs that wait or run, on slots and spawned
	Backlog  time.Duration // core time that waits for a slot, of the sizes that are known, and is left to run
	Lanes    int           // jobs of about the same size that it runs at a time
	Scarcity float64       // share of the offered core time that is turned away, 0..1
}

// LoadReport looks at the router's load, in about a microsecond.
func (r *Router) LoadReport() LoadReport {
	v := r.view.Load()
	busy, queued := r.exec.Pool.Busy()+r.exec.Spawner.Live(), r.exec.Pool.Queued()
	report := LoadReport{InFlight: busy + queued, Lanes: r.effective()}
	waits, _ := r.exec.Pool.Waiting()
	waiting := waits.Sum()
	if p, ok := v.policy.(*policy.Adaptive); ok {
		report.Scarcity = p.Book.Door.Scarcity()
	}
	report.Backlog = waiting
	if mean := r.meanService.Load(); mean > 0 {
		// Half of a job is left of each that runs, on average, and what waits without a size is one of many.
		report.Backlog += time.Duration(busy) * time.Duration(mean) / 2
		if waiting == 0 {
			report.Backlog += time.Duration(queued) * time.Duration(mean)
		}
	}
	return report
}
