package feedback

import (
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/route"
)

// sample is a job that ran to its end, as it was measured.
type sample struct {
	kind   uint32
	units  uint64
	served time.Duration
}

// maxSamples is how many a shard keeps between two looks. What comes more is not
// learned from: 64 every 10 ms say as much as thousands.
const maxSamples = 64

// samples are those of one shard since the last look.
type samples struct {
	kept [maxSamples]sample
	n    int
}

func (s *samples) add(o *route.Outcome) {
	if s.n == maxSamples || o.Disposition != route.Done || o.Strategy == route.Batch || o.Strategy == route.Remote {
		return
	}
	served := o.Served
	if served == 0 {
		served = o.Run
	}
	s.kept[s.n] = sample{o.Kind, o.Units, served}
	s.n++
}

// drain returns what has ended since the last drain.
func (r *Recorder) drain() []sample {
	var all []sample
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		all = append(all, s.samples.kept[:s.samples.n]...)
		s.samples.n = 0
		s.mu.Unlock()
	}
	return all
}

// Arrive counts the predicted core time of a job that came, whatever becomes of it.
func (r *Recorder) Arrive(cell uint16, service time.Duration) {
	r.here().arrived[cell].Add(uint64(service))
}

// arrived returns the core time that has come since the last call, by cell. Inline jobs are
// in the first one, once they have run: they wait for nobody and are not counted at the door.
func (r *Recorder) arrived(sum *[admission.Cells]uint64) {
	clear(sum[:])
	for i := range r.shards {
		for c := range sum {
			if a := &r.shards[i].arrived[c]; a.Load() != 0 {
				sum[c] += a.Swap(0)
			}
		}
		s := &r.shards[i]
		s.mu.Lock()
		sum[0] += uint64(s.inline)
		s.inline = 0
		s.mu.Unlock()
	}
}
