package policy_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// peer is a quote of a peer that is idle and as fast as this machine, a way of 1 ms off.
func peer(run time.Duration) route.Quote {
	return route.Quote{Peer: 1, Valid: true, Overhead: ms, Run: run, Spread: ms / 2}
}

// send asks of a job of 10 ms of a kind that is known.
func send(q route.Quote, budget time.Duration, load route.Load, change func(*policy.Book)) (local, d route.Decision) {
	a := adaptive(demand(nil), learned(300, 10_000))
	if change != nil {
		change(a.Book)
	}
	req, who := route.Request{Cost: 10_000, Budget: budget}, route.Subject{Allowed: every.With(route.Remote)}
	local = a.Decide(req, who, load, &open)
	return local, a.Send(req, who, load, &open, q, local)
}

func TestAJobLeavesOnlyForWhatIsClearlyBetter(t *testing.T) {
	run := 10 * ms
	busy := route.Load{CPUBusy: 2, Queued: 10}
	for _, x := range []struct {
		name   string
		quote  route.Quote
		budget time.Duration
		load   route.Load
		change func(*policy.Book)
		leaves bool
	}{
		{name: "both idle", quote: peer(run), budget: 100 * ms},
		{name: "the peer ten times as fast", quote: peer(ms), budget: 100 * ms, leaves: true},
		{name: "the peer slower", quote: peer(3 * run), budget: 100 * ms},
		{name: "ten wait here since the book was written", quote: peer(run), budget: 100 * ms, load: busy, leaves: true},
		{name: "and the peer is as busy", quote: route.Quote{Valid: true, Wait: 60 * ms, Overhead: ms, Run: run, Spread: 20 * ms}, budget: 100 * ms, load: busy},
		{name: "and the peer turns all away", quote: route.Quote{Valid: true, Run: run, Scarcity: 1}, budget: 100 * ms, load: busy},
		{name: "no time for the way", quote: route.Quote{Valid: true, Overhead: 200 * ms, Run: run}, budget: 100 * ms, load: busy},
		{name: "no budget, and ten wait", quote: peer(run), load: busy, leaves: true},
	} {
		local, d := send(x.quote, x.budget, x.load, x.change)
		if left := d.Strategy == route.Remote; left != x.leaves {
			t.Errorf("%s: %+v, local %+v", x.name, d, local)
		}
		if d.Strategy == route.Remote && (d.Reason != route.ReasonPeer || d.Predicted != x.quote.Finish() || d.Service == 0) {
			t.Errorf("%s: %+v", x.name, d)
		}
	}
}

func TestWhatIsRefusedHereLeavesWhereItHasAChance(t *testing.T) {
	a := adaptive(demand(map[time.Duration]float64{ms: 5}), learned(300, 10_000))
	req, who := route.Request{Cost: 10_000, Budget: 50 * ms}, route.Subject{Allowed: every.With(route.Remote)}
	load := route.Load{CPUBusy: 2, Queued: 100}
	local := a.Decide(req, who, load, &open)
	if local.Reason != route.ReasonScarce {
		t.Fatalf("%+v", local)
	}
	if d := a.Send(req, who, load, &open, peer(10*ms), local); d.Strategy != route.Remote {
		t.Errorf("%+v", d)
	}
	if d := a.Send(req, who, load, &open, peer(200*ms), local); d.Strategy != route.Drop {
		t.Errorf("%+v", d)
	}
	closed := open
	closed.External = 1
	if d := a.Send(req, who, load, &closed, peer(10*ms), a.Decide(req, who, load, &closed)); d.Strategy != route.Drop {
		t.Errorf("somebody has closed the door: %+v", d)
	}
}

func TestSendIsSane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, req, who, load := drawPolicy(t), drawRequest(t), drawSubject(t), drawLoad(t)
		long := rapid.Int64Range(0, math.MaxInt64/4)
		q := route.Quote{
			Valid: true, Wait: time.Duration(long.Draw(t, "wait")), Overhead: time.Duration(long.Draw(t, "overhead")),
			Run: time.Duration(long.Draw(t, "run")), Spread: time.Duration(long.Draw(t, "spread")), Scarcity: rapid.Float32Range(0, 1).Draw(t, "scarcity"),
		}
		local := a.Decide(req, who, load, &open)
		d := a.Send(req, who, load, &open, q, local)
		if d != local && d.Strategy != route.Remote {
			t.Fatalf("%+v is neither the local answer nor remote", d)
		}
		if d.Strategy == route.Remote && (local.Strategy == route.Inline || local.Service == 0) {
			t.Fatalf("%+v left, which was %+v", d, local)
		}
		x := a.Explain(req, who, load, open, d)
		x.ForeseeAway(&q)
		arm := x.Arms[route.Remote]
		if !(arm.Miss >= 0 && arm.Miss <= 1) || math.IsNaN(float64(arm.Loss)) || d.Strategy == route.Remote && x.Rule != policy.RulePeer {
			t.Fatalf("%+v, rule %v", arm, x.Rule)
		}
	})
}

func TestSendDoesNotAllocate(t *testing.T) {
	a, req, who, load := busyDecision()
	local, q := a.Decide(req, who, load, &open), peer(ms)
	if n := testing.AllocsPerRun(100, func() { a.Send(req, who, load, &open, q, local) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
