package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helixrouter/helix"
)

// The other machines that jobs are sent to. The label peer has at most maxPeers values and
// "other".
var (
	peerUp          = describe("helix_peer_up", "1 while a peer is ready for jobs, else 0; of other, how many are.", "peer")
	peerEjected     = describe("helix_peer_ejected", "1 while a peer's breaker keeps all jobs from it but one to try, else 0; of other, how many are so.", "peer")
	peerInflight    = describe("helix_peer_inflight", "Jobs that a peer had taken and not ended by its last report.", "peer")
	peerOutstanding = describe("helix_peer_outstanding", "Jobs sent to a peer that have not come back.", "peer")
	peerBacklog     = describe("helix_peer_backlog_seconds", "Core time that waited at a peer by its last report in seconds.", "peer")
	peerScarcity    = describe("helix_peer_scarcity_ratio", "Share of the work offered to a peer that it turned away by its last report, 0 to 1; of other, the largest.", "peer")
	peerReportAge   = describe("helix_peer_report_age_seconds", "Age of the last report of a peer in seconds; of other, the oldest.", "peer")
	peerJobs        = describe("helix_peer_jobs_total", "Jobs sent to a peer, by what became of them there: done, failed with their own error, refused at its door, or lost without an answer.", "peer", "outcome")
	fleetRetries    = describe("helix_fleet_retries_total", "Second attempts of jobs at another peer after one that failed.")
	fleetHedges     = describe("helix_fleet_hedges_total", "Second attempts of jobs at another peer beside one that takes long.")
	fleetReturned   = describe("helix_fleet_returned_total", "Jobs that were sent to a peer and had to be decided again here.")
	fleetConnected  = describe("helix_fleet_connected", "1 while the router is connected with what carries jobs to its peers, else 0.")
)

var fleetFamilies = []*prometheus.Desc{
	peerUp, peerEjected, peerInflight, peerOutstanding, peerBacklog, peerScarcity, peerReportAge, peerJobs,
	fleetRetries, fleetHedges, fleetReturned, fleetConnected,
}

// fleet sends what is known of the peers.
func (to sink) fleet(f *helix.Fleet, names *peerNames) {
	to.gauge(fleetConnected, oneIf(f.Connected))
	to.counter(fleetRetries, f.Retries)
	to.counter(fleetHedges, f.Hedges)
	to.counter(fleetReturned, f.Returned)
	for _, row := range names.rows(f.Peers) {
		to.peer(&row)
	}
}

func (to sink) peer(p *peerRow) {
	to.gauge(peerUp, p.up, p.label)
	to.gauge(peerEjected, p.ejected, p.label)
	to.gauge(peerInflight, p.inflight, p.label)
	to.gauge(peerOutstanding, p.outstanding, p.label)
	to.gauge(peerBacklog, p.backlog, p.label)
	to.gauge(peerScarcity, p.scarcity, p.label)
	to.gauge(peerReportAge, p.age, p.label)
	for i, outcome := range peerOutcomes {
		to.counter(peerJobs, p.jobs[i], p.label, outcome)
	}
}

// peerOutcomes are the values of the label outcome, in the order of peerCounts. Jobs that
// were sent and are in none of them are outstanding, or nobody waits for them any more.
var peerOutcomes = [...]string{"done", "failed", "refused", "lost"}

// peerCounts are the jobs of a peer by outcome.
type peerCounts [len(peerOutcomes)]uint64

func countsOf(p *helix.Peer) peerCounts { return peerCounts{p.Done, p.Failed, p.Refused, p.Lost} }

// peerRow is what is sent of one value of the label peer.
type peerRow struct {
	label                          string
	up, ejected                    float64
	inflight, outstanding, backlog float64
	scarcity, age                  float64
	jobs                           peerCounts
}

// add counts a peer in: what can be summed is, of the rest the worst counts.
func (r *peerRow) add(p *helix.Peer) {
	r.up += oneIf(p.State == helix.PeerReady)
	r.ejected += oneIf(p.State == helix.PeerEjected || p.State == helix.PeerTrial)
	r.inflight += float64(p.InFlight)
	r.outstanding += float64(p.Outstanding)
	r.backlog += p.Backlog.Seconds()
	r.scarcity = max(r.scarcity, p.Scarcity)
	r.age = max(r.age, p.Age.Seconds())
}

// printable makes a label value of a peer's name, which others have chosen.
func printable(name string) string { return strings.ToValidUTF8(name, "?") }
