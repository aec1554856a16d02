package peer_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/peer"
	"github.com/helixrouter/helix/route"
)

const (
	ms  = time.Millisecond
	job = 10 * ms
)

var kinds = []string{"k"}

// idle is a peer that does nothing, on four lanes.
func idle() peer.Report { return peer.Report{Lanes: 4, Speed: 1} }

// fleet is peers "p0", "p1", ... that have reported at 0.
func fleet(reports ...peer.Report) *peer.Fleet {
	f := &peer.Fleet{Speed: 1}
	for i, r := range reports {
		f.Hear(0, name(i), kinds, r)
	}
	return f
}

func name(i int) string { return fmt.Sprintf("p%d", i) }

func look(t testing.TB, f *peer.Fleet, now time.Duration, name string) peer.View {
	t.Helper()
	for _, v := range f.Look(now) {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("%s is not known", name)
	return peer.View{}
}

// shares is how many of n choices fall on each peer; nothing is sent.
func shares(f *peer.Fleet, now time.Duration, n int) map[string]int {
	got := map[string]int{}
	for i := range n {
		q := f.Choose(now, "k", job, uint64(i)*0x9e3779b97f4a7c15)
		got[f.Name(q.Peer)]++
	}
	return got
}

// answer sends a job and has it end as it would on a peer that takes wait and run.
func answer(f *peer.Fleet, now time.Duration, q route.Quote, wait, run time.Duration) {
	f.Send(q.Peer, q.Run)
	f.End(now, q.Peer, "k", peer.Done, &peer.Sample{Service: job, Expected: q.Finish(), Doubt: q.Doubt, Took: wait + run + ms, Wait: wait, Run: run}, "")
}

// quoteOf is the quote of one peer, all others excluded.
func quoteOf(f *peer.Fleet, now time.Duration, name string) (q route.Quote) {
	var except []uint32
	for range peer.MaxPeers {
		q = f.Choose(now, "k", job, uint64(len(except)), except...)
		if !q.Valid || f.Name(q.Peer) == name {
			return q
		}
		except = append(except, q.Peer)
	}
	return route.Quote{}
}

func TestEqualPeersAreChosenEquallyOften(t *testing.T) {
	reports := make([]peer.Report, 50)
	for i := range reports {
		reports[i] = idle()
	}
	const n = 50_000
	for name, got := range shares(fleet(reports...), 0, n) {
		if got < n/50*8/10 || got > n/50*12/10 {
			t.Errorf("%s has %d of %d", name, got, n)
		}
	}
}

// Of two that idle the one that is four times as large is drawn first four times as often; in a fleet
// of many that is the share it gets.
func TestPeersAreDrawnInProportionToTheirCapacity(t *testing.T) {
	var reports []peer.Report
	for i := range 40 {
		r := idle()
		if i%2 == 0 {
			r.Lanes = 16
		}
		reports = append(reports, r)
	}
	got, large := shares(fleet(reports...), 0, 40_000), 0
	for i := 0; i < 40; i += 2 {
		large += got[name(i)]
	}
	if large < 30_000 || large > 34_000 {
		t.Errorf("the large have %d of 40000, want four of five", large)
	}
}

func TestTheBetterOfTwoIsTaken(t *testing.T) {
	busy := peer.Report{InFlight: 8, Backlog: 400 * ms, Lanes: 4, Speed: 1}
	slow := peer.Report{Lanes: 4, Speed: 0.1}
	scarce := peer.Report{Lanes: 4, Speed: 1, Scarcity: 0.9}
	for what, worse := range map[string]peer.Report{"busy": busy, "slow": slow, "scarce": scarce} {
		if got := shares(fleet(idle(), worse), 0, 500); got["p0"] != 500 {
			t.Errorf("%s: %v", what, got)
		}
	}
}

func TestWhatWasSentCountsUntilTheNextReport(t *testing.T) {
	f := fleet(peer.Report{InFlight: 4, Backlog: 0, Lanes: 4, Speed: 1})
	q := quoteOf(f, 0, "p0")
	for range 40 {
		f.Send(q.Peer, 100*ms)
	}
	if sent := quoteOf(f, 0, "p0"); sent.Wait < 900*ms || sent.Wait > 1100*ms {
		t.Errorf("forty of 100 ms on four lanes and a wait of %v", sent.Wait)
	}
	f.Hear(ms, "p0", nil, idle())
	if after := quoteOf(f, ms, "p0"); after.Wait != 0 {
		t.Errorf("it idles, and the wait is %v", after.Wait)
	}
}

// Where others send too, one job from here means that several come.
func TestOthersAreCountedByWhatIsInFlight(t *testing.T) {
	alone, many := fleet(peer.Report{InFlight: 1, Lanes: 1, Speed: 1}), fleet(peer.Report{InFlight: 1, Lanes: 1, Speed: 1}, peer.Report{InFlight: 100, Lanes: 1, Speed: 1, Draining: true})
	for _, f := range []*peer.Fleet{alone, many} {
		f.Send(quoteOf(f, 0, "p0").Peer, 100*ms)
	}
	if one, more := quoteOf(alone, 0, "p0").Wait, quoteOf(many, 0, "p0").Wait; one != 100*ms || more < 10*one {
		t.Errorf("a wait of %v alone, and %v among others", one, more)
	}
}

func TestSpreadGrowsAndTheWaitDrainsWithAge(t *testing.T) {
	f := fleet(peer.Report{InFlight: 8, Backlog: 400 * ms, Lanes: 4, Speed: 1})
	last := quoteOf(f, 0, "p0")
	for at := 100 * ms; at <= peer.Fresh; at += 100 * ms {
		q := quoteOf(f, at, "p0")
		if q.Spread <= last.Spread && at > 300*ms || q.Wait >= last.Wait || q.Age != at {
			t.Errorf("at %v: %+v after %+v", at, q, last)
		}
		last = q
	}
	if q := quoteOf(f, peer.Fresh+1, "p0"); q.Valid {
		t.Errorf("chosen with a report of %v", q.Age)
	}
}

func TestPaceFindsASlowPeerInTwentyJobs(t *testing.T) {
	f := fleet(idle())
	for i := range 20 {
		now := time.Duration(i) * 10 * ms
		answer(f, now, quoteOf(f, now, "p0"), 0, 10*job)
	}
	if got := quoteOf(f, 200*ms, "p0").Run; got < 9*job || got > 11*job {
		t.Errorf("a run of %v is predicted, it takes %v", got, 10*job)
	}
	// It recovers, and that is known as soon.
	for i := range 20 {
		now := 200*ms + time.Duration(i)*10*ms
		answer(f, now, quoteOf(f, now, "p0"), 0, job)
	}
	if got := quoteOf(f, 400*ms, "p0").Run; got > 2*job {
		t.Errorf("a run of %v is predicted, it takes %v", got, job)
	}
}

// Nobody tells that a peer has recovered that gets no jobs, and so it is tried again.
func TestWhatWasLearnedFadesWithoutJobs(t *testing.T) {
	f := fleet(idle())
	for i := range 20 {
		answer(f, time.Duration(i), quoteOf(f, 0, "p0"), 0, 10*job)
	}
	for _, c := range []struct {
		at          time.Duration
		least, most float64
	}{{time.Minute, 2.5, 4}, {10 * time.Minute, 1, 1.01}} {
		f.Hear(c.at, "p0", nil, idle())
		if got := float64(quoteOf(f, c.at, "p0").Run) / float64(job); got < c.least || got > c.most {
			t.Errorf("after %v it is taken to be %.2f times as slow", c.at, got)
		}
	}
}

// A liar reports idleness, and its jobs take a second; it loses its share, and has it again half a minute
// after it has become honest, which are ten half-lives of a doubt of a second. One that says of each job too that it did
// not wait seems to be far away, which fades in two minutes.
func TestALiarLosesItsShareAndGetsItBack(t *testing.T) {
	for said, back := range map[time.Duration]time.Duration{0: 2 * time.Minute, time.Second - job: 40 * time.Second} {
		f := fleet(idle(), idle(), idle(), idle())
		sent, liar := 0, 0
		drive := func(from, to, took, wait time.Duration) {
			sent, liar = 0, 0
			for now := from; now < to; now += 10 * ms {
				for i := range 4 {
					f.Hear(now, name(i), nil, idle())
				}
				q := f.Choose(now, "k", job, uint64(now))
				sent++
				if f.Name(q.Peer) != "p0" {
					answer(f, now, q, 0, job)
					continue
				}
				liar++
				f.Send(q.Peer, q.Run)
				f.End(now, q.Peer, "k", peer.Done, &peer.Sample{Service: job, Expected: q.Finish(), Doubt: q.Doubt, Took: took, Wait: wait, Run: job}, "")
			}
		}
		drive(0, 20*time.Second, time.Second, said)
		if liar*50 > sent {
			t.Errorf("the liar has %d of %d", liar, sent)
		}
		if said > 0 && look(t, f, 20*time.Second, "p0").Doubt == 0 {
			t.Error("it is not doubted")
		}
		drive(20*time.Second, 20*time.Second+back, job+ms, 0)
		drive(20*time.Second+back, 30*time.Second+back, job+ms, 0)
		if liar*8 < sent {
			t.Errorf("it is honest again and has %d of %d", liar, sent)
		}
	}
}

func TestNamesOfPeersThatAreGoneAreSwept(t *testing.T) {
	f := new(peer.Fleet)
	for i := range peer.MaxPeers + 10 {
		f.Hear(0, name(i), kinds, idle())
	}
	if n := len(f.Look(0)); n != peer.MaxPeers {
		t.Errorf("%d peers, want %d", n, peer.MaxPeers)
	}
	busy := f.Choose(0, "k", job, 1)
	f.Send(busy.Peer, job)
	f.Hear(11*time.Minute, "new", kinds, idle())
	if n := len(f.Look(0)); n != 2 || f.Name(busy.Peer) == "" {
		t.Errorf("%d peers after 11 minutes, want the new one and the one that has a job", n)
	}
}

func TestAPeerHasAtMost256KindsAndKeepsWhatItHas(t *testing.T) {
	many := make([]string, 300)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	f := new(peer.Fleet)
	f.Hear(0, "p0", many, idle())
	if n := len(look(t, f, 0, "p0").Kinds); n != 256 {
		t.Errorf("%d kinds", n)
	}
	f = fleet(idle())
	answer(f, 0, quoteOf(f, 0, "p0"), 0, 4*job)
	f.Hear(0, "p0", []string{"other", "k"}, idle())
	if got := quoteOf(f, 0, "p0").Run; got < 3*job {
		t.Errorf("a run of %v: what was learned is gone", got)
	}
	f.Unserved(quoteOf(f, 0, "p0").Peer, "k")
	if q := f.Choose(0, "k", job, 0); q.Valid {
		t.Error("chosen for a kind that it does not know")
	}
}

func TestReportsOfThePastAreNotTaken(t *testing.T) {
	f := fleet(idle())
	f.Hear(time.Second, "p0", nil, peer.Report{InFlight: 3, Lanes: 4})
	f.Hear(ms, "p0", nil, idle())
	if v := look(t, f, time.Second, "p0"); v.Report.InFlight != 3 || v.Age != 0 {
		t.Errorf("%+v", v)
	}
	f.Hear(0, "unknown", nil, idle())
	if n := len(f.Look(0)); n != 1 {
		t.Errorf("%d peers: one has not said what it does", n)
	}
}

func BenchmarkChoose(b *testing.B) {
	reports := make([]peer.Report, 1000)
	for i := range reports {
		reports[i] = peer.Report{Lanes: float64(int(2) << (i % 3)), Speed: math.Exp2(-float64(i % 4)), InFlight: i % 8, Backlog: job}
	}
	f := fleet(reports...)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f.Choose(ms, "k", job, uint64(i))
	}
}
