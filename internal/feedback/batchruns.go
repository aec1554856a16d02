package feedback

import "time"

// BatchRun is a batch that ran to its end, with all its jobs done.
type BatchRun struct {
	Kind   uint32
	Jobs   int
	Units  uint64        // declared size of the first job, 0 = none
	Alone  time.Duration // predicted core time of its jobs one by one; 0 = not known of all
	Served time.Duration // core time that it took
}

// maxBatchRuns is how many a shard keeps between two looks: learning from one costs 50 ns, and ten say what there
// is to say.
const maxBatchRuns = 16

// batchRuns are those of one shard since the last look.
type batchRuns struct {
	kept [maxBatchRuns]BatchRun
	n    int
}

// BatchRan takes in a batch that has ended, for what is learned of batches. Its jobs are
// recorded one by one, with Record.
func (r *Recorder) BatchRan(run BatchRun) {
	s := r.here()
	s.mu.Lock()
	if b := &s.batchRuns; b.n < maxBatchRuns {
		b.kept[b.n] = run
		b.n++
	}
	s.mu.Unlock()
}

// BatchRuns returns the batches that have come since the last call.
func (r *Recorder) BatchRuns() []BatchRun {
	var all []BatchRun
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		all = append(all, s.batchRuns.kept[:s.batchRuns.n]...)
		s.batchRuns.n = 0
		s.mu.Unlock()
	}
	return all
}
