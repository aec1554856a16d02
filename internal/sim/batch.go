package sim

import (
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// plan is what is known of the batches of a kind.
func (p *pool) plan(kind int) *policy.Batching {
	if kind < len(p.plans) {
		return &p.plans[kind]
	}
	return new(policy.Batching)
}

// mayStartTask reports whether a task that comes would start now.
func (r *run) mayStartTask(t int32) bool {
	task := &r.tasks[t]
	if task.strategy != route.Batch {
		return r.pool.mayStart(task.service)
	}
	l := &r.pool.formers[task.kind]
	f := r.pool.forming(r.tasks, l)
	if f.Jobs == 0 {
		f.First, f.Oldest = task.service, task.job.At
	}
	f.Jobs++
	if task.due != never {
		f.Due = min(f.Due, task.due)
	}
	return r.pool.mayStart(r.pool.plan(int(task.kind)).Lane(r.now, &f))
}

// mayBatch reports whether what waits of a kind would start now.
func (r *run) mayBatch(kind int) bool {
	f := r.pool.forming(r.tasks, &r.pool.formers[kind])
	return r.pool.mayStart(r.pool.plan(kind).Lane(r.now, &f))
}

// forming is the batch that would start of a line.
func (p *pool) forming(tasks []task, l *list) policy.Forming {
	f := policy.Forming{Jobs: l.len, Most: p.batchSize, Delay: p.batchDelay, Due: policy.Endless, Latest: policy.Endless}
	if l.len > 0 {
		f.First, f.Oldest = tasks[l.first].service, tasks[l.first].job.At
	}
	for t, n := l.first, 0; t != none && n < p.batchSize; t, n = tasks[t].next, n+1 {
		if due := tasks[t].due; due != never {
			f.Due = min(f.Due, due)
		}
		if latest := tasks[t].latest; latest != never {
			f.Latest = min(f.Latest, latest)
		}
	}
	return f
}

// hold makes the run look at a kind's batch again when its hold ends.
func (r *run) hold(kind int) {
	f := r.pool.forming(r.tasks, &r.pool.formers[kind])
	if until := r.pool.plan(kind).Until(&f); until > r.now {
		r.pool.wake = min(r.pool.wake, until)
	}
}

// endHolds lets batches start whose hold has ended.
func (r *run) endHolds() {
	r.pool.wake = never
	r.fill()
	for kind := range r.pool.formers {
		if r.pool.formers[kind].len > 0 {
			r.hold(kind)
		}
	}
}

// batch takes a batch of a kind's waiting tasks, as a chain; those that are too late
// expire. It returns the first, or none.
func (r *run) batch(kind int) int32 {
	l := &r.pool.formers[kind]
	for t := l.first; t != none; {
		next := r.tasks[t].next
		if r.late(t) {
			r.leave(t)
			r.expire(t)
		}
		t = next
	}
	r.pool.scan = r.pool.scan[:0]
	for t := l.first; t != none && len(r.pool.scan) < 2*r.pool.batchSize; t = r.tasks[t].next {
		w := policy.Waiting{Slack: policy.Endless, Alone: r.tasks[t].alone}
		if due := r.tasks[t].due; due != never {
			w.Slack = due - r.now
		}
		r.pool.scan = append(r.pool.scan, w)
	}
	skip, size := r.pool.plan(kind).Size(r.pool.scan, r.pool.batchSize)
	t := l.first
	for range skip {
		t = r.tasks[t].next
	}
	first, last := none, none
	for range size {
		next := r.tasks[t].next
		r.leave(t)
		if last == none {
			first = t
		} else {
			r.tasks[last].next = t
		}
		last, t = t, next
	}
	return first
}

// startBatch runs a chain of tasks as one thread, and charges each with an even share.
func (r *run) startBatch(first int32) {
	n, truth, predicted, alone, known := 0, 0.0, time.Duration(0), time.Duration(0), true
	for t := first; t != none; t = r.tasks[t].next {
		n++
		truth += float64(r.tasks[t].job.Service)
		predicted += r.tasks[t].service
		alone += r.tasks[t].alone
		known = known && r.tasks[t].alone > 0
		r.tasks[t].started = r.now
	}
	c := r.curves[r.tasks[first].kind]
	need := float64(c.Fixed) + float64(c.Share*truth)
	for t := first; t != none; t = r.tasks[t].next {
		r.tasks[t].cost = need / float64(n)
	}
	if !known {
		alone = 0
	}
	if plan := r.pool.plan(int(r.tasks[first].kind)); plan.Curve.Known() && alone > 0 {
		predicted = plan.Curve.Time(alone)
	}
	r.recorder.Batch(n)
	r.order++
	lead := &r.tasks[first]
	lead.joined, lead.together, lead.leads, lead.alone = r.pool.share.Join(r.now, predicted), predicted, n, alone
	r.cores.start(first, r.order, need)
}

// endBatch is the end of the batch that a task leads.
func (r *run) endBatch(lead *task) {
	served := r.pool.share.Leave(r.now, lead.together, lead.joined)
	if r.brain != nil {
		r.recorder.BatchRan(feedback.BatchRun{Kind: lead.kind, Jobs: lead.leads, Units: lead.job.Units, Alone: lead.alone, Served: served})
	}
}
