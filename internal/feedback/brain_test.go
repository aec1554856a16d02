package feedback_test

import (
	"math"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// mind is a brain with its clock; a tick is 10 ms on 2 cores.
type mind struct {
	*feedback.Recorder
	*feedback.Brain
	now time.Duration
}

func newMind() *mind {
	r := feedback.NewSingleRecorder(0.15)
	return &mind{Recorder: r, Brain: feedback.NewBrain(r, learn.Guarded)}
}

func (m *mind) tick() *policy.Book {
	m.now += 10 * ms
	return m.Brain.Tick(m.now, new(admission.Backlog), 2, 2)
}

// done records n jobs of a kind that took run on the pool, with a tick after each few.
func (m *mind) done(n int, o route.Outcome) *policy.Book {
	o.Strategy = route.CPUPool
	for i := range n {
		m.Record(&o)
		if i%10 == 9 {
			m.tick()
		}
	}
	return m.tick()
}

func TestWhatRanIsLearnedFrom(t *testing.T) {
	m := newMind()
	book := m.done(300, route.Outcome{Kind: 3, Run: 40 * ms, Served: 10 * ms, Units: 1000})
	if len(book.Curves) != 4 || book.Curves[3].Samples != 300 || book.Curves[1].Samples != 0 || book.Lanes != 2 {
		t.Fatalf("%d curves, %+v", len(book.Curves), book.Curves)
	}
	if got := book.Curves[3].Predict(1000).Median(); (got - 10*ms).Abs() > ms/10 {
		t.Errorf("predicted to take %v: it took 10 ms of core time, in 40 ms", got)
	}
	if got := book.Curves[3].Predict(2000).Median(); (got - 20*ms).Abs() > ms/5 {
		t.Errorf("twice the units are predicted to take %v", got)
	}
	book = m.done(1, route.Outcome{Kind: 0, Run: 5 * ms})
	if got := book.Curves[0].Predict(0).Median(); (got - 5*ms).Abs() > ms/10 {
		t.Errorf("without an account of the cores %v is predicted, and it ran for 5 ms", got)
	}
}

func TestWhatDidNotEndWellOrAloneTrainsNothing(t *testing.T) {
	m := newMind()
	for _, d := range route.Dispositions() {
		if d != route.Done {
			m.Record(&route.Outcome{Strategy: route.CPUPool, Disposition: d, Run: ms, Served: ms})
		}
	}
	m.Record(&route.Outcome{Strategy: route.Batch, Run: ms, Served: ms})
	if book := m.tick(); len(book.Curves) != 0 {
		t.Errorf("learned %+v", book.Curves)
	}
}

func TestSamplesAreBoundedBetweenTicks(t *testing.T) {
	m := newMind()
	for range 1000 {
		m.Record(&route.Outcome{Strategy: route.CPUPool, Run: ms})
	}
	first, second := m.tick().Curves[0].Samples, m.tick().Curves[0].Samples
	if first != 64 || second != 64 {
		t.Errorf("%d samples after 1000 jobs, and %d a tick later, want 64 kept", first, second)
	}
	if c := m.Counters(); c.Ran != 1000 {
		t.Errorf("the ledger has %d jobs, want all 1000", c.Ran)
	}
}

func TestArrivalsAreTheDemandWhateverBecomesOfThem(t *testing.T) {
	m := newMind()
	cell := admission.CellOf(route.ClassDefault, stats.Log2(float64(5*ms)))
	var book *policy.Book
	for range 1000 {
		for range 6 { // 3 cores of work on 2
			m.Arrive(uint16(cell), 5*ms)
		}
		book = m.tick()
	}
	if got := m.Demand(); math.Abs(got-3) > 0.2 {
		t.Errorf("demand %.2f cores, want 3", got)
	}
	if got := book.Door.Miss(cell+1, time.Second); got < 0.97 {
		t.Errorf("larger work misses with %.2f", got)
	}
	if got := book.Door.Miss(cell-1, time.Second); got > 0.02 {
		t.Errorf("smaller work misses with %.2f", got)
	}
}

// A kind whose jobs are all refused has 1 % of 2 cores for probes: one of 40 ms takes 2 s
// to earn, and counts from when the kind has been stale for a second.
func TestAKindThatIsOnlyRefusedIsProbedWhenItsCreditCoversIt(t *testing.T) {
	m := newMind()
	m.done(10, route.Outcome{Kind: 1, Run: 40 * ms})
	since := m.now
	probes, at := 0, time.Duration(0)
	for m.now < since+10*time.Second {
		m.tick()
		if m.TakeProbe(0) {
			t.Fatal("a kind that never ran is probed")
		}
		if !m.TakeProbe(1) {
			continue
		}
		if probes++; probes == 1 {
			at = m.now - since
		}
		if m.TakeProbe(1) {
			t.Fatal("one probe lets two jobs pass")
		}
	}
	if probes != 4 || at < 2900*ms || at > 3100*ms {
		t.Errorf("%d probes in 10 s, the first after %v; want 4, after 3s and then every 2s", probes, at)
	}
}

func TestAKindThatRunsIsNotProbed(t *testing.T) {
	m := newMind()
	for range 1000 {
		m.done(1, route.Outcome{Kind: 1, Run: ms})
		if m.TakeProbe(1) {
			t.Fatal("probed")
		}
	}
	for _, kind := range []uint32{0, 255, 256, math.MaxUint32} {
		if m.TakeProbe(kind) {
			t.Errorf("kind %d is probed", kind)
		}
	}
}
