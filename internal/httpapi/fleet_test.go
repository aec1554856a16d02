package httpapi_test

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

// stub is a transport with one peer, which is always far better than this machine and
// answers "there" to everything.
type stub struct{ fleet helix.Fleet }

func (s stub) Fleet() helix.Fleet { return s.fleet }

func (s stub) PeerName(uint32) string { return "far" }

func (s stub) Quote(string, time.Duration) helix.Quote {
	return helix.Quote{Peer: 1, Valid: true, Run: time.Microsecond, Spread: time.Microsecond}
}

func (s stub) Carry(context.Context, *helix.Parcel) (helix.Delivery, error) {
	return helix.Delivery{Output: []byte(`"there"`), Peer: "far", Run: time.Microsecond}, nil
}

var sampleFleet = helix.Fleet{
	Node: "home", Connected: true, Server: "nats://127.0.0.1:4222", LastError: "it was away",
	Sent: 10, Done: 7, Returned: 2, Retries: 1, Hedges: 3, Budget: 2.5,
	Peers: []helix.Peer{
		{
			Name: "far", State: helix.PeerEjected, Why: "3 jobs in a row got no answer", Age: 1500 * time.Millisecond,
			InFlight: 4, Backlog: 20 * time.Millisecond, Lanes: 2, Scarcity: 0.25, Speed: 0.5,
			Outstanding: 6, Overhead: 300 * time.Microsecond, Doubt: 2 * time.Millisecond,
			Sent: 10, Done: 6, Failed: 1, Refused: 2, Lost: 1,
			Kinds: []helix.PeerKind{{Kind: "Echo", Slowth: 1.75, Samples: 40}},
		},
		{Name: "liar", State: helix.PeerReady, Lanes: math.Inf(1), Scarcity: math.NaN(), Speed: math.Inf(-1), Kinds: []helix.PeerKind{{Kind: "Echo", Slowth: math.NaN()}}},
	},
}

const peerShape = "{name state why report_age_seconds in_flight backlog_seconds lanes scarcity speed outstanding overhead_seconds doubt_seconds" +
	" jobs{sent done failed refused lost} kinds[{kind slowth samples}]}"

// TestFleet reads each number of two peers, one of which reports what JSON has no form for.
func TestFleet(t *testing.T) {
	r := rigWith(t, []helix.Option{helix.WithTransport(stub{sampleFleet})}, helix.DefaultConfig(), httpapi.Options{})
	a := r.call(t, "GET", "/api/fleet", "")
	const want = "{enabled node connected server last_error totals{submitted remote remote_share sent done returned retries hedges budget} peers[" + peerShape + "]}"
	if got := shape(t, a.body); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got := decode[map[string]any](t, a, 200)
	var expected map[string]any
	if err := json.Unmarshal([]byte(`{"enabled":true,"node":"home","connected":true,"server":"nats://127.0.0.1:4222","last_error":"it was away",
		"totals":{"submitted":0,"remote":0,"remote_share":0,"sent":10,"done":7,"returned":2,"retries":1,"hedges":3,"budget":2.5},
		"peers":[{"name":"far","state":"ejected","why":"3 jobs in a row got no answer","report_age_seconds":1.5,"in_flight":4,"backlog_seconds":0.02,
			"lanes":2,"scarcity":0.25,"speed":0.5,"outstanding":6,"overhead_seconds":0.0003,"doubt_seconds":0.002,
			"jobs":{"sent":10,"done":6,"failed":1,"refused":2,"lost":1},"kinds":[{"kind":"Echo","slowth":1.75,"samples":40}]},
		{"name":"liar","state":"ready","why":"","report_age_seconds":0,"in_flight":0,"backlog_seconds":0,"lanes":0,"scarcity":0,"speed":0,
			"outstanding":0,"overhead_seconds":0,"doubt_seconds":0,"jobs":{"sent":0,"done":0,"failed":0,"refused":0,"lost":0},
			"kinds":[{"kind":"Echo","slowth":0,"samples":0}]}]}`), &expected); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, expected) {
		t.Errorf("got  %v\nwant %v", got, expected)
	}
	if a := r.call(t, "GET", "/", ""); !strings.Contains(a.body, " /api/fleet ") {
		t.Error("the list of paths lacks it")
	}
}

// TestFleetFollowsItsSchema with peers; without any it is one of TestAnswersFollowTheirSchemas.
func TestFleetFollowsItsSchema(t *testing.T) {
	r := rigWith(t, []helix.Option{helix.WithTransport(stub{sampleFleet})}, helix.DefaultConfig(), httpapi.Options{})
	_, raw := descriptionOf(t, r)
	schema := resolved(t, raw, at(raw, "paths", "/api/fleet", "get", "responses", "200", "content", "application/json", "schema"))
	a := r.call(t, "GET", "/api/fleet", "")
	if err := schema.Validate(decode[any](t, a, 200)); err != nil {
		t.Errorf("%v\n%s", err, a.body)
	}
	if odd := strings.Replace(a.body, `"ejected"`, `"gone"`, 1); schema.Validate(decode[any](t, answer{200, a.header, odd}, 200)) == nil {
		t.Error("the schema takes a state that there is not")
	}
}

// TestNoFleet is the answer of a router that has nobody to send to.
func TestNoFleet(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	a := r.call(t, "GET", "/api/fleet", "")
	const want = `{"enabled":false,"node":"","connected":false,"server":"","last_error":"",` +
		`"totals":{"submitted":0,"remote":0,"remote_share":0,"sent":0,"done":0,"returned":0,"retries":0,"hedges":0,"budget":0},"peers":[]}`
	if a.status != 200 || a.header.Get("Content-Type") != "application/json" || a.body != want {
		t.Errorf("%+v", a)
	}
}

// TestTheShareOfWorkThatLeft has some jobs stay and the rest leave.
func TestTheShareOfWorkThatLeft(t *testing.T) {
	r := rigWith(t, []helix.Option{helix.WithTransport(stub{sampleFleet})}, helix.DefaultConfig(), httpapi.Options{})
	h, err := helix.Register(r.router, helix.Kind[int, string]{
		Name: "travels", Codec: helix.JSON[int, string](), Idempotent: true,
		Run: func(context.Context, int) (string, error) { time.Sleep(2 * time.Millisecond); return "here", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	where := map[string]float64{}
	do := func(reach helix.Reach) {
		out, err := h.Do(t.Context(), 1, reach, helix.Cost(30_000), helix.Budget(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		where[out]++
	}
	for range 20 { // what is not known of does not leave
		do(helix.Here)
	}
	eventually(t, "the first job leaves", func() bool { do(0); return where["there"] > 0 })
	for range 5 {
		do(0)
	}
	got := decode[struct {
		Totals struct {
			Submitted, Remote float64
			Share             float64 `json:"remote_share"`
		}
	}](t, r.call(t, "GET", "/api/fleet", ""), 200).Totals
	if all := where["here"] + where["there"]; got.Submitted != all || got.Remote != where["there"] || got.Share != where["there"]/all || got.Share == 1 {
		t.Errorf("%+v of %v", got, where)
	}
	body := r.call(t, "GET", "/api/decisions?n=5", "").body
	if !strings.Contains(body, `"strategy":"remote"`) || !strings.Contains(body, `"reason":"peer"`) || !strings.Contains(body, `"peer":"far"`) {
		t.Errorf("the decisions do not tell the peer: %s", body)
	}
	if stats := r.call(t, "GET", "/api/stats", "").body; !strings.Contains(stats, `{"strategy":"remote","count":`) {
		t.Errorf("not among the strategies: %s", stats)
	}
}
