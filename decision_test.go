package helix_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

func TestDecisionsTellWhatHappenedAtTheDoor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.BackpressureBusyThreshold = 2 })
		start := time.Now()
		release := hold(t, r, 1)
		for _, as := range [][]helix.CallOption{{cheap}, {moderate}, {heavy}, {heavy, scales}} {
			if _, err := doAs(as...)(t.Context(), r, returns(1)); err != nil {
				t.Fatal(err)
			}
		}
		releaseSecond := hold(t, r, 1)
		_, err := doAs(cheap)(t.Context(), r, returns(1))
		wantShed(t, err, route.ReasonBusyGate)
		releaseSecond()
		release()
		want := []struct {
			strategy helix.Strategy
			reason   helix.Reason
			cost     uint64
			busy     int
		}{
			{helix.CPUPool, route.ReasonHeavy, 0, 0}, // the holder
			{helix.Inline, route.ReasonCheap, 1, 1},
			{helix.Spawn, route.ReasonModerate, 20_000, 1},
			{helix.CPUPool, route.ReasonHeavy, 100_000, 1},
			{helix.Batch, route.ReasonAmortises, 100_000, 1},
			{helix.CPUPool, route.ReasonHeavy, 0, 1},
			{helix.Drop, route.ReasonBusyGate, 1, 2},
		}
		got := r.Decisions(100)
		if len(got) != len(want) {
			t.Fatalf("%d decisions, want %d: %+v", len(got), len(want), got)
		}
		for i, w := range want {
			d := got[i]
			if d.Strategy != w.strategy || d.Reason != w.reason || d.ComputeCost != w.cost || d.CPUBusy != w.busy {
				t.Errorf("decision %d: %+v, want %+v", i, d, w)
			}
			if d.Seq != uint64(i+1) || d.Propensity != 1 || d.Source != route.SourceTable {
				t.Errorf("decision %d: seq %d, propensity %v, source %s", i, d.Seq, d.Propensity, d.Source)
			}
			if off := d.Time.Sub(start); off < 0 || off > time.Microsecond {
				t.Errorf("decision %d was at %v, want %v", i, d.Time, start)
			}
		}
		if last := r.Decisions(2); len(last) != 2 || last[1].Seq != 7 {
			t.Errorf("the last two: %+v", last)
		}
		if none := r.Decisions(-1); len(none) != 0 {
			t.Errorf("the last -1: %+v", none)
		}
	})
}

func TestADecisionsWireFormStartsWithTheOriginalsFields(t *testing.T) {
	text, err := json.Marshal(helix.Decision{
		JobID: 1<<64 - 1, Strategy: helix.CPUPool, ComputeCost: 5, CPUBusy: 2, Pressure: 0.5, Seq: 3,
		Kind: "x", Reason: route.ReasonHeavy, Propensity: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"job_id":18446744073709551615,"strategy":"cpu_pool","compute_cost":5,"cpu_busy":2,"pressure":0.5,` +
		`"seq":3,"time":"0001-01-01T00:00:00Z","kind":"x","source":"table","reason":"heavy","propensity":1,"predicted_seconds":0}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	var back helix.Decision
	if err := json.Unmarshal(text, &back); err != nil || back.JobID != 1<<64-1 || back.Reason != route.ReasonHeavy {
		t.Errorf("read back: %+v, %v", back, err)
	}
}

func TestASubscriberSeesEveryDecisionInOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		sub := r.Subscribe(5000)
		defer sub.Close()
		for range 1000 { // far more than are sampled in one tick
			if _, err := doAs(cheap)(t.Context(), r, returns(1)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 1000 {
			if d := <-sub.Events(); d.Seq != uint64(i+1) {
				t.Fatalf("event %d has seq %d", i, d.Seq)
			}
		}
		if n := sub.Lost(); n != 0 {
			t.Errorf("lost %d", n)
		}
	})
}

// A watcher sees a burst whole, and of a flood what the budget allows: 8192 at once, 25,600 a second.
func TestAWatcherSeesABurstWholeAndAFloodInPart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		w := r.Watch(1 << 16)
		run := func(jobs int) {
			for range jobs {
				if _, err := doAs(cheap)(t.Context(), r, returns(1)); err != nil {
					t.Fatal(err)
				}
			}
		}
		run(8000)
		if n := len(w.Events()); n != 8000 {
			t.Fatalf("%d of a burst of 8000 were seen", n)
		}
		run(1000) // 192 of the budget, then the sample of 128 for this tick, of which the burst took none
		if n := len(w.Events()); n < 8192 || n > 8192+256 {
			t.Errorf("%d of 9000 at once were seen", n)
		}
		time.Sleep(time.Second)
		before := len(w.Events())
		run(8000)
		if n := len(w.Events()) - before; n != 8000 {
			t.Errorf("%d of 8000 were seen a second later", n)
		}
		for next := uint64(1); len(w.Events()) > 0; next++ {
			if d := <-w.Events(); d.Seq != next {
				t.Fatalf("decision %d came as %d", d.Seq, next)
			}
		}
		w.Close()
		run(1000)
		if kept := r.Decisions(1); kept[0].Seq > 18_000 {
			t.Errorf("%d were recorded after the watcher had left", kept[0].Seq)
		}
	})
}

func TestASlowSubscriberLosesDecisionsAndKnowsItAndBlocksNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		slow, fast := r.Subscribe(3), r.Subscribe(100)
		defer fast.Close()
		start := time.Now()
		for range 10 {
			if _, err := doAs(cheap)(t.Context(), r, returns(1)); err != nil {
				t.Fatal(err)
			}
		}
		if time.Since(start) != 0 {
			t.Error("a submit waited for the reader")
		}
		if n := slow.Lost(); n != 7 {
			t.Errorf("the slow one lost %d, want 7", n)
		}
		if n := fast.Lost(); n != 0 {
			t.Errorf("the fast one lost %d", n)
		}
		slow.Close()
		slow.Close()
		n := 0
		for range slow.Events() {
			n++
		}
		if n != 3 {
			t.Errorf("%d were buffered, want 3", n)
		}
	})
}

func TestDecisionsAreSampledWhenNobodyListens(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		for range 5000 { // in no time: all in one tick
			if _, err := doAs(cheap)(t.Context(), r, returns(1)); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(r.Decisions(5000)); n == 0 || n > 200 {
			t.Errorf("%d of 5000 decisions of one tick were kept, want a sample of 128", n)
		}
		time.Sleep(15 * time.Millisecond)
		before := len(r.Decisions(5000))
		if _, err := doAs(cheap)(t.Context(), r, returns(1)); err != nil {
			t.Fatal(err)
		}
		if n := len(r.Decisions(5000)); n != before+1 {
			t.Errorf("%d decisions after a tick, want %d: the budget comes back", n, before+1)
		}
	})
}

func TestCloseEndsSubscriptions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		sub := r.Subscribe(0)
		ended := make(chan struct{})
		go func() {
			for range sub.Events() {
			}
			close(ended)
		}()
		synctest.Wait()
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-ended
		sub.Close()
	})
}

func TestEveryReasonHasAWordAndAnExplanation(t *testing.T) {
	seen := map[string]bool{}
	for i := range route.NumReasons {
		r := helix.Reason(i)
		name := r.String()
		if name == "" || seen[name] || strings.Contains(name, "(") || r.Explanation() == "" {
			t.Errorf("reason %d: %q, %q", i, name, r.Explanation())
		}
		seen[name] = true
		var back helix.Reason
		if err := back.UnmarshalText([]byte(name)); err != nil || back != r {
			t.Errorf("%q reads as %v, %v", name, back, err)
		}
	}
	var r helix.Reason
	if err := r.UnmarshalText([]byte("nonsense")); err == nil {
		t.Error("nonsense is no reason")
	}
}
