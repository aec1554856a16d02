package history

import (
	"math"
	"time"

	"github.com/helixrouter/helix"
)

// look is one look at a router.
type look struct {
	time  time.Time
	stats helix.Stats
	// regret is by how much a job's loss exceeds what the threshold table's would have been, as
	// the learner's guard estimates it; not a number before anything is learned.
	regret float64
}

func lookAt(source Source, now time.Time) look {
	learned := source.NeuralSnapshot()
	l := look{time: now, stats: source.Stats(), regret: math.NaN()}
	if learned.SampleCount > 0 {
		l.regret = learned.Guard.Loss - learned.Guard.BaseLoss
	}
	return l
}

// since is what happened from an earlier look to this one.
func (l *look) since(earlier *look, favourites *favourites) sample {
	a, b := &earlier.stats, &l.stats
	seconds := max(l.time.Sub(earlier.time).Seconds(), 1e-3) // the wall clock may be set
	rate := func(before, after uint64) float64 { return float64(after-min(before, after)) / seconds }
	s := sample{time: l.time, ruling: b.Pressure.Ruling, strategies: strategyRows(a, b, seconds)}
	wait, sojourn := helix.Histogram{}, helix.Histogram{}
	spans := kindSpans(a, b)
	for i := range spans {
		wait, sojourn = wait.Plus(spans[i].wait), sojourn.Plus(spans[i].sojourn)
	}
	s.kinds = favourites.rows(spans, seconds)
	s.heat = heatOf(sojourn)
	came, refused := rate(a.Ledger.Submitted, b.Ledger.Submitted), rate(a.Ledger.Shed, b.Ledger.Shed)
	s.numbers = numbers{
		came, max(came-refused, 0), rate(a.InTime, b.InTime), refused,
		rate(a.Ledger.Expired, b.Ledger.Expired), rate(a.Ledger.Failed+a.Ledger.Panicked, b.Ledger.Failed+b.Ledger.Panicked),
		b.Pressure.Score, float64(b.Pool.Effective), float64(b.Pool.Busy), float64(b.Pool.Queued),
		quantile(wait, 0.99), rate(a.Batches.Count, b.Batches.Count), l.regret,
	}
	return s
}

func strategyRows(a, b *helix.Stats, seconds float64) (rows []row) {
	before := map[helix.Strategy]helix.Histogram{}
	for _, x := range a.Strategies {
		before[x.Strategy] = x.Sojourn
	}
	for _, x := range b.Strategies {
		if x.Strategy == helix.Drop { // nothing runs there
			continue
		}
		rows = append(rows, rowOf(x.Strategy.String(), x.Sojourn.Since(before[x.Strategy]), seconds))
	}
	return rows
}

// span is one kind between two looks.
type span struct {
	kind    string
	wait    helix.Histogram // of the jobs that could wait for a slot
	sojourn helix.Histogram
}

// kindSpans adds up what each kind did on all strategies. The rows of a look are sorted
// by kind, and none goes away.
func kindSpans(a, b *helix.Stats) (spans []span) {
	type key struct {
		kind     string
		strategy helix.Strategy
	}
	before := make(map[key]*helix.KindStats, len(a.Kinds))
	for i := range a.Kinds {
		before[key{a.Kinds[i].Kind, a.Kinds[i].Strategy}] = &a.Kinds[i]
	}
	for i := range b.Kinds {
		after, from := &b.Kinds[i], before[key{b.Kinds[i].Kind, b.Kinds[i].Strategy}]
		if from == nil {
			from = new(helix.KindStats)
		}
		if after.Sojourn.Count() == from.Sojourn.Count() {
			continue
		}
		if len(spans) == 0 || spans[len(spans)-1].kind != after.Kind {
			spans = append(spans, span{kind: after.Kind})
		}
		s := &spans[len(spans)-1]
		s.sojourn = s.sojourn.Plus(after.Sojourn.Since(from.Sojourn))
		if after.Strategy == helix.CPUPool || after.Strategy == helix.Batch {
			s.wait = s.wait.Plus(after.Wait.Since(from.Wait))
		}
	}
	return spans
}
