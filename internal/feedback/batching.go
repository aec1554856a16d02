package feedback

import (
	"time"

	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/internal/policy"
)

// batching is what is known of the batches of one kind, and what follows from it.
type batching struct {
	model  estimate.Batches
	mode   policy.BatchMode
	since  time.Duration // when the trial under way began
	until  time.Duration // no trial before
	before int           // batches that had run when it began
	credit float64       // core time that its jobs may take in running one by one, ns
	apart  int           // jobs that have run by themselves
}

const (
	// apartFrom is how many jobs of a kind must have run by themselves before its batches are measured
	// against them. Before, what is known may be a guess from batches, against which no batch saves anything.
	apartFrom = 8
	// trialBatches end a trial. What was known before counts for a quarter then, see estimate.Batches.Doubt.
	trialBatches = 12
	// trialMost ends one that sees no batches, as cores are free and nobody has company.
	trialMost = time.Second
	// trialShare is how many times as long as a trial the pause is before the next: batches that
	// save nothing are 1 % of the time.
	trialShare = 99
	// The bounds of that pause. A saving that comes is found within a minute of load.
	shortestPause = time.Second
	longestPause  = time.Minute
)

// observe takes in a batch that has run.
func (k *learned) observe(run *BatchRun) {
	switch {
	case run.Alone > 0 && k.batching.apart < apartFrom:
	case run.Alone > 0:
		k.batching.model.Observe(run.Jobs, run.Alone, run.Served)
	case run.Jobs == 1 && k.batching.apart < apartFrom || k.model.Samples() == 0:
		// Little is known of the kind, and all that runs of it may be batches: what one of the jobs
		// cost is a first guess, that jobs which run one by one will correct.
		k.model.Observe(run.Units, run.Served/time.Duration(run.Jobs))
	}
}

// judge decides what becomes of the kind's jobs from now on.
func (b *batching) judge(now time.Duration) {
	c := b.model.Curve()
	pays, known := policy.Pays(&c)
	switch {
	case b.mode == policy.BatchTrial && c.Samples-b.before < trialBatches && now-b.since < trialMost:
		return
	case b.mode == policy.BatchTrial:
		b.until = now + min(max(trialShare*(now-b.since), shortestPause), longestPause)
		b.mode = policy.BatchAsked
	case b.mode == policy.BatchOn && known && !pays:
		b.until = now + shortestPause
	}
	switch {
	case known && pays:
		b.mode = policy.BatchOn
	case known:
		b.mode = policy.BatchOff
	}
	if b.mode != policy.BatchOn && now >= b.until && b.apart >= apartFrom {
		b.mode, b.since, b.before = policy.BatchTrial, now, c.Samples
		b.model.Doubt()
	}
}

// batch writes what was learned of batches into a book.
func (b *Brain) batch(book *policy.Book, now time.Duration, cores float64) {
	if b.unbatched {
		return
	}
	book.Batches = make([]policy.Batching, len(b.kinds))
	scarce := b.demand.Total() > cores
	for i := range b.kinds {
		k := &b.kinds[i].batching
		k.judge(now)
		book.Batches[i] = policy.Batching{Curve: k.model.Curve(), Mode: k.mode, Scarce: scarce}
		b.alone(i, now, cores)
	}
}

// alone gives a kind that is batched credit, and lets a job of it run by itself when it has enough: what
// jobs cost by themselves is what batches are measured against.
func (b *Brain) alone(i int, now time.Duration, cores float64) {
	k := &b.kinds[i]
	mean := k.model.Mean()
	if i >= maxProbes || k.batching.mode == policy.BatchOff || mean == 0 {
		return
	}
	if k.batching.apart < apartFrom {
		b.singles[i].Store(true)
		return
	}
	k.batching.credit = min(k.batching.credit+float64(floor*cores*float64(now-b.at)), 2*mean)
	if k.batching.credit >= mean && !b.singles[i].Load() {
		k.batching.credit -= mean
		b.singles[i].Store(true)
	}
}

// takeSingle reports whether a job that would be batched shall run by itself. It takes the permission.
func (b *Brain) takeSingle(kind uint32) bool {
	return int(kind) < maxProbes && b.singles[kind].Load() && b.singles[kind].CompareAndSwap(true, false)
}

// LearnBatches says whether batches follow what is learned of them, which they do unless it is said
// otherwise. Call it before the first Tick.
func (b *Brain) LearnBatches(on bool) { b.unbatched = !on }
