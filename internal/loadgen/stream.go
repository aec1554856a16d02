package loadgen

import (
	"container/heap"
	"iter"
	"sync"
	"time"

	"github.com/helixrouter/helix/internal/scenario"
)

// Stream is where jobs come from; a *scenario.Scenario is one. The IDs of the
// jobs count from 0 in the order of their arrival.
type Stream interface {
	Jobs() iter.Seq[scenario.Job]
	Retry(j scenario.Job, refusedAt time.Duration) (scenario.Job, bool)
	Cores(at time.Duration) float64
	NextCores(at time.Duration) (next time.Duration, ok bool)
}

var _ Stream = (*scenario.Scenario)(nil)

// retries are the second and later attempts that are still to come.
type retries struct {
	mu   sync.Mutex
	jobs byArrival // guarded by mu
}

func (r *retries) add(j scenario.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	heap.Push(&r.jobs, j)
}

// peek returns when the next one comes.
func (r *retries) peek() (at time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.jobs) == 0 {
		return 0, false
	}
	return r.jobs[0].At, true
}

func (r *retries) take() scenario.Job {
	r.mu.Lock()
	defer r.mu.Unlock()
	return heap.Pop(&r.jobs).(scenario.Job)
}

// byArrival is a heap.Interface.
type byArrival []scenario.Job

func (h byArrival) Len() int           { return len(h) }
func (h byArrival) Less(i, k int) bool { return h[i].At < h[k].At }
func (h byArrival) Swap(i, k int)      { h[i], h[k] = h[k], h[i] }
func (h *byArrival) Push(x any)        { *h = append(*h, x.(scenario.Job)) }
func (h *byArrival) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
