package metrics_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"pgregory.net/rapid"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/metrics"
)

// fleetOnly is a transport that nothing is sent by: the routers of these tests run the
// threshold policy, which asks for no quote.
type fleetOnly struct {
	helix.Transport
	mu    sync.Mutex
	fleet helix.Fleet // guarded by mu
}

func (f *fleetOnly) Fleet() helix.Fleet {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fleet
}

func (f *fleetOnly) set(peers ...helix.Peer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fleet.Peers = peers
}

func inFleet(peers ...helix.Peer) helix.Option {
	return helix.WithTransport(&fleetOnly{fleet: helix.Fleet{Connected: true, Peers: peers}})
}

// crew is some peers with names in order, each with numbers of its own.
func crew(n int) (peers []helix.Peer) {
	for i := range n {
		peers = append(peers, helix.Peer{Name: fmt.Sprintf("p%03d", i), State: helix.PeerReady, InFlight: i, Done: uint64(10 * i), Lost: 1})
	}
	return peers
}

// wantSamples compares samples, each named by its family and the values of its labels.
func wantSamples(t *testing.T, value func(name string, labels ...string) float64, samples map[string]float64) {
	t.Helper()
	for sample, want := range samples {
		name, labels, _ := strings.Cut(sample, " ")
		if got := value(name, strings.Fields(labels)...); got != want {
			t.Errorf("%s is %v, want %v", sample, got, want)
		}
	}
}

// TestPeers reads every number of a fleet of two.
func TestPeers(t *testing.T) {
	transport := &fleetOnly{fleet: helix.Fleet{
		Connected: true, Sent: 9, Done: 8, Returned: 3, Retries: 4, Hedges: 5,
		Peers: []helix.Peer{
			{
				Name: "fast", State: helix.PeerReady, Age: 250 * time.Millisecond, InFlight: 3, Backlog: 40 * time.Millisecond, Scarcity: 0.125,
				Outstanding: 2, Sent: 20, Done: 11, Failed: 4, Refused: 2, Lost: 1,
			},
			{Name: "gone", State: helix.PeerEjected},
			{Name: "half", State: helix.PeerTrial},
			{Name: "leaves", State: helix.PeerDraining},
			{Name: "old", State: helix.PeerStale},
		},
	}}
	value := gathered(t, metrics.NewCollector(newRouter(t, nil, helix.WithTransport(transport))))
	wantSamples(t, value, map[string]float64{
		"helix_fleet_connected": 1, "helix_fleet_retries_total": 4, "helix_fleet_hedges_total": 5, "helix_fleet_returned_total": 3,
		"helix_peer_up fast": 1, "helix_peer_up gone": 0, "helix_peer_up half": 0, "helix_peer_up leaves": 0, "helix_peer_up old": 0,
		"helix_peer_ejected fast": 0, "helix_peer_ejected gone": 1, "helix_peer_ejected half": 1, "helix_peer_ejected leaves": 0, "helix_peer_ejected old": 0,
		"helix_peer_inflight fast": 3, "helix_peer_outstanding fast": 2, "helix_peer_backlog_seconds fast": 0.04,
		"helix_peer_scarcity_ratio fast": 0.125, "helix_peer_report_age_seconds fast": 0.25,
		"helix_peer_jobs_total done fast": 11, "helix_peer_jobs_total failed fast": 4,
		"helix_peer_jobs_total refused fast": 2, "helix_peer_jobs_total lost fast": 1, "helix_peer_jobs_total done gone": 0,
	})
	if !math.IsNaN(value("helix_peer_up", "other")) {
		t.Error("there is a sum of nobody")
	}
}

// TestNoFleet has none of these names where the router has no transport.
func TestNoFleet(t *testing.T) {
	_, body := scrape(t, metrics.Handler(newRouter(t, nil)), acceptText)
	if strings.Contains(body, "helix_peer_") || strings.Contains(body, "helix_fleet_") {
		t.Error("a router without a transport has metrics of peers")
	}
}

// TestTooManyPeers sums up what is beyond the bound.
func TestTooManyPeers(t *testing.T) {
	peers := crew(70)
	peers[66].State, peers[67].State = helix.PeerEjected, helix.PeerStale
	peers[66].Scarcity, peers[67].Age = 0.5, 3*time.Second
	value := gathered(t, metrics.NewCollector(newRouter(t, nil, inFleet(peers...))))
	wantSamples(t, value, map[string]float64{
		"helix_peer_up p063": 1, "helix_peer_up other": 4, "helix_peer_ejected other": 1, "helix_peer_inflight other": 64 + 65 + 66 + 67 + 68 + 69,
		"helix_peer_scarcity_ratio other": 0.5, "helix_peer_report_age_seconds other": 3, "helix_peer_jobs_total lost other": 6,
	})
	if !math.IsNaN(value("helix_peer_up", "p064")) {
		t.Error("the 65th peer has series of its own")
	}
}

// TestAPeerKeepsItsSeries while others join before it and leave.
func TestAPeerKeepsItsSeries(t *testing.T) {
	transport := &fleetOnly{}
	c := metrics.NewCollector(newRouter(t, nil, helix.WithTransport(transport)))
	all := crew(66)
	transport.set(all[1:65]...) // p001 to p064 have the places
	gathered(t, c)
	transport.set(all...)
	value := gathered(t, c)
	if !math.IsNaN(value("helix_peer_up", "p000")) || value("helix_peer_up", "p064") != 1 {
		t.Error("who joins takes the place of one who is there")
	}
	if got := value("helix_peer_jobs_total", "done", "other"); got != 0+650 {
		t.Errorf("the rest has done %v", got)
	}
	all[65].Done = 700
	transport.set(append([]helix.Peer{all[0]}, all[2:]...)...) // p001 leaves, and p000 has its place
	value = gathered(t, c)
	if value("helix_peer_up", "p000") != 1 || value("helix_peer_jobs_total", "done", "other") != 700 {
		t.Errorf("p000 has no series, or the rest has done %v", value("helix_peer_jobs_total", "done", "other"))
	}
	transport.set(all[2:5]...)
	value = gathered(t, c)
	if got := value("helix_peer_jobs_total", "done", "other"); got != 700 {
		t.Errorf("with nobody left the rest has done %v: a counter fell", got)
	}
}

// TestOddNames must not cost the whole scrape: a peer chooses its own name.
func TestOddNames(t *testing.T) {
	value := gathered(t, metrics.NewCollector(newRouter(t, nil, inFleet(
		helix.Peer{Name: "", State: helix.PeerReady}, helix.Peer{Name: "a\xffb", State: helix.PeerReady}, helix.Peer{Name: "a?b", State: helix.PeerReady},
		helix.Peer{Name: "other", State: helix.PeerReady}, helix.Peer{Name: "x\n\"y", State: helix.PeerReady}, helix.Peer{Name: "x\n\"y", State: helix.PeerReady},
	))))
	if value("helix_peer_up", "a?b") != 1 || value("helix_peer_up", "other") != 3 || value("helix_peer_up", "x\n\"y") != 1 {
		t.Error("names that collide are not summed up")
	}
}

// TestTheRestNeverCountsDown joins, leaves and restarts peers at random.
func TestTheRestNeverCountsDown(t *testing.T) {
	transport := &fleetOnly{}
	r := newRouter(t, nil, helix.WithTransport(transport))
	rapid.Check(t, func(rt *rapid.T) {
		c := metrics.NewCollector(r)
		counts, last := map[int]uint64{}, 0.0
		for range rapid.IntRange(1, 6).Draw(rt, "looks") {
			var peers []helix.Peer
			for i := range 80 {
				if rapid.IntRange(0, 9).Draw(rt, "there") == 0 {
					counts[i] = 0
					continue
				}
				counts[i] += rapid.Uint64Range(0, 5).Draw(rt, "more")
				peers = append(peers, helix.Peer{Name: fmt.Sprint(i), Done: counts[i]})
			}
			transport.set(peers...)
			value := gathered(t, c)
			if got := value("helix_peer_jobs_total", "done", "other"); got < last {
				rt.Fatalf("%v after %v", got, last)
			} else if !math.IsNaN(got) {
				last = got
			}
			if n := value("helix_peer_up"); n > 65 {
				rt.Fatalf("%v values of peer", n)
			}
		}
	})
}

// gathered looks once and returns a reader of single samples: not a number where there is none,
// and of a family with labels the number of its samples where none are given.
func gathered(t *testing.T, c prometheus.Collector) func(name string, labels ...string) float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*dto.MetricFamily{}
	for _, f := range families {
		found[f.GetName()] = f
	}
	return func(name string, labels ...string) float64 {
		f := found[name]
		m := find(f, labels...)
		switch {
		case m != nil:
			return m.GetGauge().GetValue() + m.GetCounter().GetValue()
		case len(labels) == 0:
			return float64(len(f.GetMetric()))
		}
		return math.NaN()
	}
}
