package sim

import (
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/learn"
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
	cost     float64       // core time that it is charged with, ns
	service  time.Duration // that is predicted; 0 = unknown
	rank     time.Duration // whose is the least is the next to leave the queue
	cell     admission.Cell
	latest   time.Duration // when it must start to be in time
	alone    time.Duration // predicted if it ran by itself, of a task that is batched
	together time.Duration // predicted of the batch that it leads
	leads    int           // tasks of that batch
	joined   float64       // see capacity.Share
	served   time.Duration
	lesson   learn.Sample // for the learner, where taught
	taught   bool
	ticket   uint64 // of its wait; 0 while it does not wait
	next     int32  // in its list, in its batch, or among the free
	prev     int32  // in its list
}

// take returns a free task for a job.
func (r *run) take(j *scenario.Job, kind uint32, d *route.Decision) int32 {
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
	r.tasks[t] = task{
		job: *j, kind: kind, strategy: d.Strategy, due: due, cost: float64(j.Service),
		latest: latest(j, d), service: d.Service, alone: d.Alone, rank: j.At + d.Order, cell: admission.Cell(d.Cell), next: none, prev: none,
	}
	return t
}

func latest(j *scenario.Job, d *route.Decision) time.Duration {
	if d.Start == 0 {
		return never
	}
	return j.At + d.Start
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

// insert puts a task behind all that are not after it in order of rank.
func (l *list) insert(tasks []task, t int32) {
	before := l.last
	for before != none && tasks[before].rank > tasks[t].rank {
		before = tasks[before].prev
	}
	if before == l.last {
		l.push(tasks, t)
		return
	}
	after := l.first
	if before != none {
		after = tasks[before].next
		tasks[before].next = t
	} else {
		l.first = t
	}
	tasks[t].prev, tasks[t].next = before, after
	tasks[after].prev = t
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
