package remote

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/peer"
)

func TestAnOrderSurvivesTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := order{
			kind: rapid.StringN(1, 40, 128).Draw(t, "kind"), tenant: rapid.String().Draw(t, "tenant"),
			class: helix.Class(rapid.IntRange(0, 3).Draw(t, "class")), job: rapid.Uint64().Draw(t, "job"), cost: rapid.Uint64().Draw(t, "cost"),
			scaling: rapid.Float64Range(0, 1).Draw(t, "scaling"), cancel: "_INBOX.x.1",
		}
		if rapid.Bool().Draw(t, "has deadline") {
			o.deadline = time.Unix(0, rapid.Int64Range(1, math.MaxInt64).Draw(t, "deadline"))
		}
		h := nats.Header{}
		o.write(h)
		got, err := readOrder(h)
		same := got.deadline.Equal(o.deadline)
		got.deadline, o.deadline = time.Time{}, time.Time{}
		if err != nil || got != o || !same {
			t.Fatalf("%+v became %+v, %v", o, got, err)
		}
	})
}

func TestALoadSurvivesTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := peer.Report{
			InFlight: rapid.IntRange(0, math.MaxInt32).Draw(t, "in flight"), Backlog: time.Duration(rapid.Int64().Draw(t, "backlog")),
			Lanes: float64(rapid.IntRange(1, 4096).Draw(t, "lanes")), Scarcity: float64(rapid.IntRange(0, 100).Draw(t, "scarcity")) / 100,
			Speed: float64(rapid.IntRange(0, 9999).Draw(t, "speed")), Draining: rapid.Bool().Draw(t, "draining"),
		}
		got, err := parseLoad(formatLoad(r))
		if err != nil || got != r {
			t.Fatalf("%+v became %+v, %v", r, got, err)
		}
	})
}

func FuzzParseLoad(f *testing.F) {
	f.Add("1 2 3 0.5 6 false")
	f.Add("-1 -2 NaN Inf -0 true later fields")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseLoad(text)
		if err != nil {
			return
		}
		var fleet peer.Fleet // what another program says must never break the choice
		fleet.Hear(0, "x", []string{"k"}, r)
		q := fleet.Choose(0, "k", time.Millisecond, 1)
		if q.Valid && (q.Wait < 0 || q.Run < 0 || q.Spread < 0 || q.Finish() < 0 || q.Scarcity < 0 || q.Scarcity > 1) {
			t.Errorf("%q: %+v", text, q)
		}
	})
}

func FuzzReadOrder(f *testing.F) {
	f.Add("nap", "1700000000000000000", `"a\n"`, "critical", "7", "100", "0.5")
	f.Fuzz(func(t *testing.T, kind, deadline, tenant, class, job, cost, scaling string) {
		h := nats.Header{}
		for name, value := range map[string]string{
			headerKind: kind, headerDeadline: deadline, headerTenant: tenant, headerClass: class, headerJob: job, headerCost: cost, headerScaling: scaling,
		} {
			h.Set(name, value)
		}
		o, err := readOrder(h)
		if err == nil && (o.kind == "" || o.class > helix.ClassCriticalPlus) {
			t.Errorf("%+v was taken", o)
		}
	})
}

func TestCallsThatComeEarlyAreRememberedWithinABound(t *testing.T) {
	var e early
	for i := range 3 * mostEarly {
		e.add(strconv.Itoa(i))
		e.add(strconv.Itoa(i)) // twice is once
	}
	if !e.has(strconv.Itoa(3*mostEarly-1)) || !e.has(strconv.Itoa(2*mostEarly)) || e.has(strconv.Itoa(2*mostEarly-1)) || len(e.known) != mostEarly {
		t.Errorf("%d are kept", len(e.known))
	}
	e.add(strings.Repeat("x", mostNumber+1))
	if len(e.known) != mostEarly {
		t.Error("a number without a bound is kept")
	}
}
