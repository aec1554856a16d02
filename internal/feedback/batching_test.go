package feedback_test

import (
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// batches runs n batches of a kind under a law, 1 ms a job, and returns the book after the last.
func (m *mind) batches(n int, fixed time.Duration, share float64) (book *policy.Book) {
	for i := range n {
		jobs := 2 + i%7
		alone := time.Duration(jobs) * ms
		m.BatchRan(feedback.BatchRun{Kind: 1, Jobs: jobs, Alone: alone, Served: fixed + time.Duration(share*float64(alone))})
		book = m.tick()
	}
	return book
}

func mode(book *policy.Book) policy.BatchMode { return book.Batches[1].Mode }

func TestAKindThatGainsNothingStopsBeingBatched(t *testing.T) {
	m := newMind()
	m.done(20, route.Outcome{Kind: 1, Run: ms})
	n := 0
	for mode(m.batches(1, 0, 1)) != policy.BatchOff {
		if n++; n > 15 {
			t.Fatalf("still batched after %d batches that save nothing", n)
		}
	}
	if n < 5 {
		t.Errorf("given up after %d batches: that says nothing", n)
	}
}

func TestAKindThatSavesIsBatchedAndGivenUpWhenItDoesNotAnyMore(t *testing.T) {
	m := newMind()
	m.done(20, route.Outcome{Kind: 1, Run: ms})
	if got := mode(m.batches(15, 457*time.Microsecond, 0.543)); got != policy.BatchOn {
		t.Fatalf("mode %v of a kind that saves 40 %%", got)
	}
	n := 0
	for mode(m.batches(1, 0, 1)) == policy.BatchOn {
		if n++; n > 100 {
			t.Fatalf("still batched %d batches after it has stopped to save", n)
		}
	}
}

// A saving that comes is found in a trial, and trials of what saves nothing are few.
func TestASavingThatComesIsFound(t *testing.T) {
	m := newMind()
	m.done(20, route.Outcome{Kind: 1, Run: ms})
	m.batches(40, 0, 1)
	trials, ticks := 0, 0
	for m.now < 10*time.Minute { // batches run in trials only
		ticks++
		book := m.tick()
		if mode(book) == policy.BatchTrial {
			trials++
			m.batches(1, 0, 1)
		} else if mode(book) == policy.BatchOn {
			t.Fatalf("batched at %v, and it saves nothing", m.now)
		}
	}
	if share := float64(trials) / float64(ticks); trials == 0 || share > 0.03 {
		t.Errorf("%d ticks of %d in trials", trials, ticks)
	}
	for from := m.now; mode(m.tick()) != policy.BatchOn; {
		if mode(m.tick()) == policy.BatchTrial {
			m.batches(1, 457*time.Microsecond, 0.543)
		}
		if m.now-from > 2*time.Minute {
			t.Fatal("a saving of 40 % is not found in two minutes")
		}
	}
}

// A kind all of whose jobs come in batches is known by them, and some run by themselves.
func TestAKindThatOnlyCameInBatchesIsLearned(t *testing.T) {
	m := newMind()
	m.BatchRan(feedback.BatchRun{Kind: 1, Jobs: 4, Units: 100, Served: 4 * ms})
	book := m.tick()
	if got := book.Curves[1].Predict(100).Median(); (got - ms).Abs() > ms/10 {
		t.Errorf("predicted to take %v: four took 4 ms", got)
	}
	for range 20 {
		d := route.Decision{Strategy: route.Batch, Service: ms / 2, Alone: ms}
		m.tick()
		if m.Offer(route.Subject{Kind: 1}, feedback.NoTenant, &d); d.Strategy != route.CPUPool {
			t.Fatal("its batches are held against a guess that comes from batches")
		}
		if m.batches(1, 457*time.Microsecond, 0.543).Batches[1].Curve.Samples > 0 {
			t.Fatal("learned from a batch before a job has run by itself")
		}
	}
	m.done(20, route.Outcome{Kind: 1, Run: ms, Units: 100})
	m.batches(15, 457*time.Microsecond, 0.543)
	apart, all := 0, 2000
	for i := range all {
		if i%10 == 0 {
			m.tick()
		}
		d := route.Decision{Strategy: route.Batch, Service: ms / 2, Alone: ms}
		m.Offer(route.Subject{Kind: 1}, feedback.NoTenant, &d)
		if d.Strategy == route.CPUPool {
			apart++
			if d.Service != ms || d.Alone != 0 || d.Reason != route.ReasonProbe {
				t.Fatalf("%+v", d)
			}
		}
	}
	if apart == 0 || apart > all/20 { // 1 % of two cores, as 200 ticks of 10 ms have 4 s of core time
		t.Errorf("%d of %d jobs ran by themselves", apart, all)
	}
}

func TestBatchesThatAreNotLearnedLeaveNoTrace(t *testing.T) {
	m := newMind()
	m.LearnBatches(false)
	if book := m.done(20, route.Outcome{Kind: 1, Run: ms}); book.Batches != nil {
		t.Errorf("%+v", book.Batches)
	}
}

// What a shard keeps of batches between two looks is bounded.
func TestAFloodOfBatchesIsSampled(t *testing.T) {
	r := feedback.NewSingleRecorder(0.15)
	b := feedback.NewBrain(r, learn.Guarded)
	m := &mind{Recorder: r, Brain: b}
	m.done(20, route.Outcome{Kind: 1, Run: ms})
	for range 1000 {
		r.BatchRan(feedback.BatchRun{Kind: 1, Jobs: 2, Alone: 2 * ms, Served: ms})
	}
	if n := m.tick().Batches[1].Curve.Samples; n < 1 || n > 16 {
		t.Errorf("%d of 1000 were kept", n)
	}
}
