package feedback

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// MaxBatchLog is the largest power of two of a batch size that has a bucket of
// its own; helix bounds batches at 4096 = 2^12.
const MaxBatchLog = 12

// shard is the part of the state that a few goroutines write.
type shard struct {
	begun [route.NumStrategies]atomic.Uint64

	mu        sync.Mutex
	cells     []*kindCells // by kind number; all below guarded by mu
	ended     [route.NumStrategies][route.NumDispositions]uint64
	sheds     [route.NumReasons]uint64
	averages  [route.NumStrategies]stats.Partial // of the sojourn in ns, since the last fold
	ran       uint64                             // jobs that ran to their end
	inTime    uint64                             // jobs that were done within their budget
	sojourn   time.Duration                      // of those, summed
	slotted   uint64                             // of those, on a pool slot
	slotTime  time.Duration                      // of those, run time summed
	batches   [MaxBatchLog + 1]uint64            // by log2 of the size, rounded up
	batched   uint64                             // jobs in all batches
	decisions stats.Histogram
	inline    time.Duration // run time of inline jobs since the last look
	samples   samples
	waits     leastWaits
	lessons   lessons
	batchRuns batchRuns

	arrived [admission.Cells]atomic.Uint64 // ns of predicted core time that came, by cell; not guarded

	_ [128]byte // keeps the next shard's counters off this one's cache lines
}

// kindCells are one kind's cells, by strategy; nil until used.
type kindCells [route.NumStrategies]*cell

// cell is what one shard knows of one kind on one strategy.
type cell struct {
	outcomes [route.NumDispositions]uint64
	run      *stats.Histogram // nil until a job ran
	wait     *stats.Histogram // nil for inline, where the wait is 0
	sojourn  *stats.Histogram // nil for inline, where it is the run time
}

func (s *shard) recordLocked(o *route.Outcome, alpha float64) {
	c := s.cellLocked(o)
	c.outcomes[o.Disposition]++
	s.ended[o.Strategy][o.Disposition]++
	switch {
	case o.Disposition == route.Shed:
		s.sheds[o.Reason]++
	case o.Disposition.Ran():
		c.run.Observe(o.Run)
		if o.Strategy != route.Inline {
			c.wait.Observe(o.Wait)
			s.waits.add(o.Strategy, o.Wait)
			c.sojourn.Observe(o.Sojourn())
		}
		if o.Strategy == route.Inline && !o.Nested {
			s.inline += o.Run
		}
		s.averages[o.Strategy].Observe(float64(o.Sojourn()), alpha)
		s.samples.add(o)
		s.ran++
		if o.InTime() {
			s.inTime++
		}
		s.sojourn += o.Sojourn()
		if o.Strategy == route.CPUPool || o.Strategy == route.Batch {
			s.slotted++
			s.slotTime += o.Run
		}
	}
}

func (s *shard) cellLocked(o *route.Outcome) *cell {
	if int(o.Kind) < len(s.cells) {
		if k := s.cells[o.Kind]; k != nil {
			if c := k[o.Strategy]; c != nil && (c.run != nil || !o.Disposition.Ran()) {
				return c
			}
		}
	}
	return s.growLocked(o)
}

// growLocked makes the cell and its histograms at their first use.
func (s *shard) growLocked(o *route.Outcome) *cell {
	for int(o.Kind) >= len(s.cells) {
		s.cells = append(s.cells, nil)
	}
	if s.cells[o.Kind] == nil {
		s.cells[o.Kind] = new(kindCells)
	}
	slot := &s.cells[o.Kind][o.Strategy]
	if *slot == nil {
		*slot = new(cell)
	}
	c := *slot
	if c.run == nil && o.Disposition.Ran() {
		c.run = new(stats.Histogram)
		if o.Strategy != route.Inline {
			c.wait, c.sojourn = new(stats.Histogram), new(stats.Histogram)
		}
	}
	return c
}
