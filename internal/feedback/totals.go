package feedback

import (
	"math"
	"sync"
	"time"

	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// Counters are the cheap totals, for a look every few milliseconds.
type Counters struct {
	Begun    [route.NumStrategies]uint64
	Ended    [route.NumStrategies][route.NumDispositions]uint64
	Sheds    [route.NumReasons]uint64
	Ran      uint64        // jobs that ran to their end
	InTime   uint64        // jobs that were done within their budget, or had none
	Sojourn  time.Duration // of those, summed
	Slotted  uint64        // of those, on a pool slot
	SlotTime time.Duration // of those, run time summed
}

// Submitted is the number of jobs begun.
func (c *Counters) Submitted() (n uint64) {
	for _, b := range c.Begun {
		n += b
	}
	return n
}

// Of is the number of jobs that ended so.
func (c *Counters) Of(d route.Disposition) (n uint64) {
	for s := range c.Ended {
		n += c.Ended[s][d]
	}
	return n
}

// EndedOn is the number of jobs of one strategy that have ended.
func (c *Counters) EndedOn(s route.Strategy) (n uint64) {
	for _, e := range c.Ended[s] {
		n += e
	}
	return n
}

// Counters sums the shards, one after the other. What ends meanwhile may be
// missing; ends are read before begins, so that no job seems to end before it began.
func (r *Recorder) Counters() Counters {
	var c Counters
	for i := range r.shards {
		r.shards[i].addTo(&c)
	}
	for i := range r.shards {
		for s := range c.Begun {
			c.Begun[s] += r.shards[i].begun[s].Load()
		}
	}
	return c
}

func (s *shard) addTo(c *Counters) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for strategy := range s.ended {
		for d, n := range s.ended[strategy] {
			c.Ended[strategy][d] += n
		}
	}
	for i, n := range s.sheds {
		c.Sheds[i] += n
	}
	c.Ran += s.ran
	c.InTime += s.inTime
	c.Sojourn += s.sojourn
	c.Slotted += s.slotted
	c.SlotTime += s.slotTime
}

// Series is one kind on one strategy, over all shards.
type Series struct {
	Kind               uint32
	Strategy           route.Strategy
	Outcomes           [route.NumDispositions]uint64
	Wait, Run, Sojourn stats.Histogram // of the jobs that ran to their end
}

// Series returns one entry for each kind and strategy that was used, sorted by both.
func (r *Recorder) Series() []*Series {
	byKey := map[[2]uint32]*Series{}
	kinds := uint32(0)
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		kinds = max(kinds, uint32(len(s.cells)))
		s.mergeLocked(byKey)
		s.mu.Unlock()
	}
	var out []*Series
	for kind := range kinds {
		for strategy := range uint32(route.NumStrategies) {
			if m := byKey[[2]uint32{kind, strategy}]; m != nil {
				out = append(out, m)
			}
		}
	}
	return out
}

func (s *shard) mergeLocked(byKey map[[2]uint32]*Series) {
	for kind, k := range s.cells {
		if k == nil {
			continue
		}
		for strategy, c := range k {
			if c == nil {
				continue
			}
			key := [2]uint32{uint32(kind), uint32(strategy)}
			m := byKey[key]
			if m == nil {
				m = &Series{Kind: key[0], Strategy: route.Strategy(strategy)}
				byKey[key] = m
			}
			m.add(c)
		}
	}
}

func (m *Series) add(c *cell) {
	for d, n := range c.outcomes {
		m.Outcomes[d] += n
	}
	m.Run.Merge(c.run)
	if m.Strategy != route.Inline {
		m.Wait.Merge(c.wait)
		m.Sojourn.Merge(c.sojourn)
		return
	}
	m.Sojourn.Merge(c.run)
	if c.run != nil {
		m.Wait.ObserveMany(0, c.run.Count())
	}
}

// Sojourns returns the sojourn times of one strategy over all kinds.
func (r *Recorder) Sojourns(strategy route.Strategy) *stats.Histogram {
	out := new(stats.Histogram)
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for _, k := range s.cells {
			if k == nil || k[strategy] == nil {
				continue
			}
			if c := k[strategy]; strategy == route.Inline {
				out.Merge(c.run)
			} else {
				out.Merge(c.sojourn)
			}
		}
		s.mu.Unlock()
	}
	return out
}

// Batches returns how many batches there were, by log2 of their size rounded up,
// and how many jobs in all of them.
func (r *Recorder) Batches() (bySize [MaxBatchLog + 1]uint64, jobs uint64) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for j, n := range s.batches {
			bySize[j] += n
		}
		jobs += s.batched
		s.mu.Unlock()
	}
	return bySize, jobs
}

// Decisions returns how long the sampled decisions took.
func (r *Recorder) Decisions() *stats.Histogram {
	out := new(stats.Histogram)
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		out.Merge(&s.decisions)
		s.mu.Unlock()
	}
	return out
}

// folded holds the averages over all shards.
type folded struct {
	mu       sync.Mutex // before shard.mu
	averages [route.NumStrategies]stats.EMA
}

// Fold brings the averages up to date. Samples of one goroutine count in their
// order, those of different shards one shard after the other: who calls it every 10
// ms gets averages whose order is off by no more than that.
func (r *Recorder) Fold() {
	f := &r.folded
	f.mu.Lock()
	defer f.mu.Unlock()
	r.foldLocked()
}

// Averages returns the moving average of the sojourn of each strategy, 0 where
// nothing ran.
func (r *Recorder) Averages() (out [route.NumStrategies]time.Duration) {
	f := &r.folded
	f.mu.Lock()
	defer f.mu.Unlock()
	r.foldLocked()
	for j := range out {
		out[j] = time.Duration(math.Round(f.averages[j].Value()))
	}
	return out
}

func (r *Recorder) foldLocked() {
	f := &r.folded
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for j := range s.averages {
			f.averages[j].Absorb(&s.averages[j])
		}
		s.mu.Unlock()
	}
}
