package httpapi

import (
	"math"
	"net/http"

	"github.com/helixrouter/helix"
)

// fleetAnswer is GET /api/fleet: what a router knows of the other machines that it can send
// jobs to. Where it has no transport, enabled is false and the rest says nothing.
type fleetAnswer struct {
	Enabled   bool              `json:"enabled" about:"the router can send jobs to other machines"`
	Node      string            `json:"node" about:"the router's own name among the peers"`
	Connected bool              `json:"connected" about:"with the engine that carries the jobs"`
	Server    string            `json:"server" about:"that it is connected to; empty = none"`
	LastError string            `json:"last_error" about:"of the connection; empty = none yet"`
	Totals    fleetTotalsAnswer `json:"totals"`
	Peers     []peerAnswer      `json:"peers" about:"sorted by name"`
}

// fleetTotalsAnswer counts since the start. remote is from the router's books and sent from
// the transport's: a job that came back and was decided again is in the latter only.
type fleetTotalsAnswer struct {
	Submitted   uint64  `json:"submitted" about:"jobs asked of the router"`
	Remote      uint64  `json:"remote" about:"of those, the ones that are or were done on another machine"`
	RemoteShare float64 `json:"remote_share" about:"remote of submitted, 0 to 1"`
	Sent        uint64  `json:"sent" about:"jobs that were sent to a peer"`
	Done        uint64  `json:"done" about:"of those, the ones with a result in time for their caller"`
	Returned    uint64  `json:"returned" about:"of those, the ones that had to be decided again here"`
	Retries     uint64  `json:"retries" about:"second attempts after one that failed"`
	Hedges      uint64  `json:"hedges" about:"second attempts beside one that takes long"`
	Budget      float64 `json:"budget" about:"second attempts that may be made now"`
}

// peerAnswer is helix.Peer in base units.
type peerAnswer struct {
	Name        string           `json:"name"`
	State       helix.PeerState  `json:"state"`
	Why         string           `json:"why" about:"it is not ready; empty = nothing to say"`
	Age         float64          `json:"report_age_seconds" about:"of its freshest report"`
	InFlight    int              `json:"in_flight" about:"jobs that it had taken and not ended, as it reported"`
	Backlog     float64          `json:"backlog_seconds" about:"core time that waited there"`
	Lanes       float64          `json:"lanes" about:"jobs that it runs at a time"`
	Scarcity    float64          `json:"scarcity" about:"share of the work offered to it that it turned away, 0 to 1"`
	Speed       float64          `json:"speed" about:"of its cores beside this machine's; 0 = not known"`
	Outstanding int              `json:"outstanding" about:"jobs sent there that have not come back"`
	Overhead    float64          `json:"overhead_seconds" about:"the way there and back, as learned"`
	Doubt       float64          `json:"doubt_seconds" about:"by how much it takes longer than it lets expect, as learned"`
	Jobs        peerJobsAnswer   `json:"jobs"`
	Kinds       []peerKindAnswer `json:"kinds" about:"what was learned of each kind there"`
}

type peerJobsAnswer struct {
	Sent    uint64 `json:"sent"`
	Done    uint64 `json:"done" about:"with a result"`
	Failed  uint64 `json:"failed" about:"with an error of their own"`
	Refused uint64 `json:"refused" about:"not let in there"`
	Lost    uint64 `json:"lost" about:"without an answer"`
}

type peerKindAnswer struct {
	Kind    string  `json:"kind"`
	Slowth  float64 `json:"slowth" about:"run time there by predicted core time here"`
	Samples uint64  `json:"samples"`
}

func (a *API) fleet(w http.ResponseWriter, _ *http.Request) error {
	f, enabled := a.router.Fleet()
	return send(w, http.StatusOK, fleetAnswerOf(f, enabled, a.router.Stats()))
}

func fleetAnswerOf(f helix.Fleet, enabled bool, s helix.Stats) fleetAnswer {
	answer := fleetAnswer{
		Enabled: enabled, Node: f.Node, Connected: f.Connected, Server: f.Server, LastError: f.LastError,
		Totals: fleetTotalsAnswer{
			Submitted: s.Ledger.Submitted, Remote: remoteJobs(s.Strategies),
			Sent: f.Sent, Done: f.Done, Returned: f.Returned, Retries: f.Retries, Hedges: f.Hedges, Budget: finite(f.Budget),
		},
		Peers: make([]peerAnswer, 0, len(f.Peers)),
	}
	if t := &answer.Totals; t.Submitted > 0 {
		t.RemoteShare = float64(t.Remote) / float64(t.Submitted)
	}
	for i := range f.Peers {
		answer.Peers = append(answer.Peers, peerAnswerOf(&f.Peers[i]))
	}
	return answer
}

func remoteJobs(rows []helix.StrategyStats) uint64 {
	for i := range rows {
		if rows[i].Strategy == helix.Remote {
			return rows[i].Count
		}
	}
	return 0
}

func peerAnswerOf(p *helix.Peer) peerAnswer {
	kinds := make([]peerKindAnswer, 0, len(p.Kinds))
	for _, k := range p.Kinds {
		kinds = append(kinds, peerKindAnswer{k.Kind, finite(k.Slowth), k.Samples})
	}
	return peerAnswer{
		Name: p.Name, State: p.State, Why: p.Why, Age: p.Age.Seconds(),
		InFlight: p.InFlight, Backlog: p.Backlog.Seconds(), Lanes: finite(p.Lanes), Scarcity: finite(p.Scarcity), Speed: finite(p.Speed),
		Outstanding: p.Outstanding, Overhead: p.Overhead.Seconds(), Doubt: p.Doubt.Seconds(),
		Jobs:  peerJobsAnswer{p.Sent, p.Done, p.Failed, p.Refused, p.Lost},
		Kinds: kinds,
	}
}

// finite is a number as JSON can have it. Peers report some of these, and one that reports
// nonsense must not take the whole answer away.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}
