package peer_test

import (
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/peer"
	"pgregory.net/rapid"
)

// lose sends a job that gets no answer.
func lose(f *peer.Fleet, now time.Duration, id uint32) {
	f.Send(id, job)
	f.End(now, id, "k", peer.Lost, nil, "no answer")
}

// The peer hangs for good: five jobs are lost, then one at a time after 1, 2, 4 ... 32 s, and 32 s again.
func TestTheBreakerTriesOneJobAtATimeAndDoublesItsPause(t *testing.T) {
	f := fleet(idle())
	id := quoteOf(f, 0, "p0").Peer
	for i := range 5 {
		if !quoteOf(f, 0, "p0").Valid {
			t.Fatalf("ejected after %d", i)
		}
		lose(f, 0, id)
	}
	now := time.Duration(0)
	for _, pause := range []time.Duration{1, 2, 4, 8, 16, 32, 32} {
		now += pause * time.Second
		f.Hear(now-1, "p0", nil, idle())
		if v := look(t, f, now-1, "p0"); v.State != peer.Ejected || v.Why != "no answer" || quoteOf(f, now-1, "p0").Valid {
			t.Errorf("just before %v: %+v", now, v)
		}
		f.Hear(now, "p0", nil, idle())
		if v := look(t, f, now, "p0"); v.State != peer.Trial || !quoteOf(f, now, "p0").Valid {
			t.Errorf("at %v: %+v", now, v)
		}
		f.Send(id, job)
		if quoteOf(f, now, "p0").Valid {
			t.Errorf("at %v a second trial is let through", now)
		}
		f.End(now, id, "k", peer.Lost, nil, "no answer")
	}
	now += 32 * time.Second
	f.Hear(now, "p0", nil, idle())
	answer(f, now, quoteOf(f, now, "p0"), 0, job)
	if v := look(t, f, now, "p0"); v.State != peer.Ready || v.Why != "" {
		t.Errorf("after a success: %+v", v)
	}
	lose(f, now, id)
	if !quoteOf(f, now, "p0").Valid {
		t.Error("one failure after a success ejects it")
	}
}

func TestWhatOpensABreakerAndWhatDoesNot(t *testing.T) {
	busy := peer.Report{InFlight: 9, Lanes: 4, Speed: 1}
	for _, c := range []struct {
		what   string
		report peer.Report
		ending peer.Ending
		want   peer.State
	}{
		{"lost", idle(), peer.Lost, peer.Ejected},
		{"refused by one that idles", idle(), peer.Refused, peer.Ejected},
		{"refused by one that is full", busy, peer.Refused, peer.Ready},
		{"failed of itself", idle(), peer.Failed, peer.Ready},
		{"forgotten", idle(), peer.Forgotten, peer.Ready},
	} {
		f := fleet(c.report)
		id := quoteOf(f, 0, "p0").Peer
		for range 20 {
			f.Send(id, job)
			f.End(0, id, "k", c.ending, &peer.Sample{}, "why")
		}
		if v := look(t, f, 0, "p0"); v.State != c.want || v.Outstanding != 0 {
			t.Errorf("%s: %+v", c.what, v)
		}
	}
}

func TestATrialThatIsForgottenIsTriedAgain(t *testing.T) {
	f := fleet(idle())
	id := quoteOf(f, 0, "p0").Peer
	f.Trip(0, "p0", "gone")
	f.Trip(0, "unknown", "gone")
	if quoteOf(f, time.Second-1, "p0").Valid || !quoteOf(f, time.Second, "p0").Valid {
		t.Error("one that was tripped is not tried after a second, and then only")
	}
	f.Send(id, job)
	f.End(time.Second, id, "k", peer.Forgotten, nil, "")
	if !quoteOf(f, time.Second, "p0").Valid {
		t.Error("it waits for a trial that nobody waits for")
	}
}

// No stretch of time has more second attempts than a tenth of what was accepted, beside what was saved.
func TestSecondAttemptsAreATenthOfWhatIsAccepted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b peer.Budget
		accepted, taken := 0, 0
		for _, accept := range rapid.SliceOfN(rapid.Bool(), 0, 2000).Draw(t, "accepts") {
			if accept {
				b.Accept()
				accepted++
			} else if b.Take() {
				taken++
			}
			if float64(taken) > float64(accepted)/10+1e-9 || b.Left() < 0 || b.Left() > 20 {
				t.Fatalf("%d of %d accepted, %v left", taken, accepted, b.Left())
			}
		}
	})
	var b peer.Budget
	for range 10_000 {
		b.Accept()
	}
	n := 0
	for b.Take() {
		n++
	}
	if n != 20 && n != 19 { // sums of tenths
		t.Errorf("%d attempts at once after a quiet time", n)
	}
}
