package sim

import (
	"time"

	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// none is no task.
const none int32 = -1

// task is one attempt of a job between its admission and its end. Tasks live in one
// slice and know each other by their place in it.
type task struct {
	job      scenario.Job
	kind     uint32
	strategy route.Strategy
	due      time.Duration // never if it has no budget
	started  time.Duration
	cost     float64 // core time that it is charged with, ns
	ticket   uint64  // of its wait; 0 while it does not wait
	next     int32   // in its list, in its batch, or among the free
	prev     int32   // in its list
}

// take returns a free task for a job.
func (r *run) take(j *scenario.Job, kind uint32, s route.Strategy) int32 {
	t := r.free
	if t == none {
		t = int32(len(r.tasks))
		r.tasks = append(r.tasks, task{})
	} else {
		r.free = r.tasks[t].next
	}
	due, ok := j.Due()
	if !ok {
		due = never
	}
	r.tasks[t] = task{job: *j, kind: kind, strategy: s, due: due, cost: float64(j.Service), next: none, prev: none}
	return t
}

func (r *run) give(t int32) {
	r.tasks[t].next = r.free
	r.free = t
}

// list is a doubly linked list of tasks.
type list struct {
	first, last int32
	len         int
}

func newList() list { return list{none, none, 0} }

func (l *list) push(tasks []task, t int32) {
	tasks[t].next, tasks[t].prev = none, l.last
	if l.last == none {
		l.first = t
	} else {
		tasks[l.last].next = t
	}
	l.last = t
	l.len++
}

func (l *list) remove(tasks []task, t int32) {
	next, prev := tasks[t].next, tasks[t].prev
	if prev == none {
		l.first = next
	} else {
		tasks[prev].next = next
	}
	if next == none {
		l.last = prev
	} else {
		tasks[next].prev = prev
	}
	tasks[t].next, tasks[t].prev = none, none
	l.len--
}
