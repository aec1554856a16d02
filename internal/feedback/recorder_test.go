package feedback_test

import (
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/route"
)

const ms = time.Millisecond

// Whatever is recorded from however many goroutines, the totals are those of a
// plain count.
func TestTotalsAreThoseOfAPlainCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := feedback.NewRecorder(0.15)
		outcomes := rapid.SliceOfN(rapid.Custom(drawOutcome), 0, 200).Draw(t, "outcomes")
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for j := i; j < len(outcomes); j += 4 {
					r.Begin(outcomes[j].Strategy)
					r.Record(&outcomes[j])
				}
			})
		}
		wg.Wait()
		compare(t, r, outcomes)
	})
}

func drawOutcome(t *rapid.T) route.Outcome {
	return route.Outcome{
		Kind:        rapid.Uint32Range(0, 3).Draw(t, "kind"),
		Strategy:    route.Strategy(rapid.IntRange(0, route.NumStrategies-1).Draw(t, "strategy")),
		Disposition: route.Disposition(rapid.IntRange(0, route.NumDispositions-1).Draw(t, "end")),
		Reason:      route.Reason(rapid.IntRange(0, route.NumReasons-1).Draw(t, "reason")),
		Wait:        time.Duration(rapid.Int64Range(0, 1e10).Draw(t, "wait")),
		Run:         time.Duration(rapid.Int64Range(0, 1e10).Draw(t, "run")),
	}
}

type twin struct {
	ends               [route.NumDispositions]uint64
	wait, run, sojourn time.Duration
	ran                uint64
}

func compare(t *rapid.T, r *feedback.Recorder, outcomes []route.Outcome) {
	want := map[[2]uint32]*twin{}
	var shed uint64
	for _, o := range outcomes {
		key := [2]uint32{o.Kind, uint32(o.Strategy)}
		if want[key] == nil {
			want[key] = &twin{}
		}
		w := want[key]
		w.ends[o.Disposition]++
		if o.Disposition == route.Shed {
			shed++
		}
		if o.Disposition.Ran() {
			if o.Strategy == route.Inline {
				o.Wait = 0 // an inline job does not wait
			}
			w.ran, w.wait, w.run, w.sojourn = w.ran+1, w.wait+o.Wait, w.run+o.Run, w.sojourn+o.Sojourn()
		}
	}
	c := r.Counters()
	if c.Submitted() != uint64(len(outcomes)) || c.Of(route.Shed) != shed {
		t.Fatalf("%d submitted and %d shed, want %d and %d", c.Submitted(), c.Of(route.Shed), len(outcomes), shed)
	}
	series := r.Series()
	if len(series) != len(want) {
		t.Fatalf("%d series, want %d", len(series), len(want))
	}
	for _, s := range series {
		w := want[[2]uint32{s.Kind, uint32(s.Strategy)}]
		if w == nil || s.Outcomes != w.ends {
			t.Fatalf("kind %d on %v: %v, want %+v", s.Kind, s.Strategy, s.Outcomes, w)
		}
		for name, h := range map[string]struct {
			count uint64
			got   float64
			want  time.Duration
		}{
			"wait":    {s.Wait.Count(), s.Wait.Sum(), w.wait},
			"run":     {s.Run.Count(), s.Run.Sum(), w.run},
			"sojourn": {s.Sojourn.Count(), s.Sojourn.Sum(), w.sojourn},
		} {
			if diff := h.got - h.want.Seconds(); h.count != w.ran || diff > 1e-6 || diff < -1e-6 {
				t.Fatalf("kind %d on %v, %s: %d in %v s, want %d in %v", s.Kind, s.Strategy, name, h.count, h.got, w.ran, h.want)
			}
		}
	}
}

func TestAReroutedJobIsBegunOnce(t *testing.T) {
	r := feedback.NewRecorder(0.15)
	r.Begin(route.Spawn)
	done := make(chan struct{})
	go func() { r.Reroute(route.Spawn, route.CPUPool); close(done) }() // from another shard, most likely
	<-done
	c := r.Counters()
	if c.Begun[route.Spawn] != 0 || c.Begun[route.CPUPool] != 1 || c.Submitted() != 1 {
		t.Errorf("begun %v", c.Begun)
	}
}

func TestTheAverageIsTheDocumentedOne(t *testing.T) {
	r := feedback.NewSingleRecorder(0.15) // of several shards the order is lost when a stack moves
	for _, run := range []time.Duration{100 * ms, 0, 50 * ms} {
		r.Record(&route.Outcome{Strategy: route.Inline, Run: run})
	}
	if got := r.Averages()[route.Inline]; got != 79_750*time.Microsecond {
		t.Errorf("100, 0, 50 ms average to %v, want 79.75ms", got)
	}
	r.SetAlpha(1)
	r.Record(&route.Outcome{Strategy: route.Inline, Run: 7 * ms})
	if got := r.Averages()[route.Inline]; got != 7*ms {
		t.Errorf("with alpha 1: %v, want the newest, 7ms", got)
	}
}

func TestBatchesAreCountedByPowersOfTwo(t *testing.T) {
	r := feedback.NewRecorder(0.15)
	for _, n := range []int{1, 2, 3, 4, 5, 4096} {
		r.Batch(n)
	}
	sizes, jobs := r.Batches()
	want := [feedback.MaxBatchLog + 1]uint64{0: 1, 1: 1, 2: 2, 3: 1, 12: 1}
	if sizes != want || jobs != 4111 {
		t.Errorf("%v with %d jobs, want %v with 4111", sizes, jobs, want)
	}
}

func BenchmarkRecord(b *testing.B) {
	r := feedback.NewRecorder(0.15)
	b.ReportAllocs()
	for b.Loop() {
		r.Record(&route.Outcome{Strategy: route.Inline, Run: ms})
	}
}
