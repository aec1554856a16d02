package exec

import "github.com/helixrouter/helix/route"

// Held counts, by strategy, the jobs that the executors hold and whose end is not
// written yet: what waits, and what runs for a caller who is still there. It is
// the executors' own count, to hold the ledger against.
func (x *Executor) Held() (held [route.NumStrategies]int) {
	x.Spawner.mu.Lock()
	held[route.Spawn] = x.Spawner.live.open()
	x.Spawner.mu.Unlock()

	held[route.Remote] = x.Carrier.Live()

	p := x.Pool
	p.mu.Lock()
	defer p.mu.Unlock()
	held[route.CPUPool] = p.queue.len() + p.live.open() + p.lent
	for _, f := range p.forming {
		held[route.Batch] += f.tasks.len
	}
	for b := range p.batches {
		for _, t := range b.tasks {
			held[route.Batch] += t.open()
		}
	}
	return held
}

// open counts the tasks of a list that have not ended for their callers.
func (l *list) open() (n int) {
	for t := range l.all {
		n += t.open()
	}
	return n
}

// open is 1 while the task has not ended for its caller.
func (t *Task) open() int {
	if s := t.state.Load(); s == waiting || s == running {
		return 1
	}
	return 0
}
