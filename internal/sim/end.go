package sim

import (
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// start runs a task as a thread of its own.
func (r *run) start(t int32) {
	r.tasks[t].started = r.now
	if r.tasks[t].strategy != route.Inline {
		r.tasks[t].joined = r.pool.share.Join(r.now, r.tasks[t].service)
	}
	r.order++
	if r.options.Effect != nil {
		r.tasks[t].cost *= r.options.Effect(r.tasks[t].job.Kind, r.tasks[t].strategy, len(r.cores.threads))
	}
	r.cores.start(t, r.order, r.tasks[t].cost)
}

// endThreads ends what has had all the core time that it needs.
func (r *run) endThreads() {
	for {
		t, ok := r.cores.ended()
		if !ok {
			return
		}
		strategy := r.tasks[t].strategy
		r.leaveCores(t)
		for t != none { // the tasks of a batch, or one
			next := r.tasks[t].next
			r.done(t)
			t = next
		}
		switch strategy {
		case route.Spawn:
			r.spawned--
			if r.pool.lanes > 0 {
				r.fill()
			}
		case route.CPUPool, route.Batch:
			r.freeSlot()
		}
		if r.oracle != nil {
			r.turn()
		}
	}
}

// freeSlot lets a slot go on with what waits.
func (r *run) freeSlot() {
	if r.oracle != nil {
		r.pool.busy-- // and the oracle is asked
		return
	}
	r.pool.busy--
	r.fill()
}

// leaveCores takes a task or batch that has ended off the account of the cores.
func (r *run) leaveCores(t int32) {
	task := &r.tasks[t]
	switch task.strategy {
	case route.Inline:
	case route.Batch:
		r.pool.share.Leave(r.now, task.together, task.joined)
	default:
		task.served = r.pool.share.Leave(r.now, task.service, task.joined)
	}
}

// done ends a task that ran.
func (r *run) done(t int32) {
	task := &r.tasks[t]
	r.recorder.Record(&route.Outcome{
		Kind: task.kind, Strategy: task.strategy, Disposition: route.Done,
		Wait: task.started - task.job.At, Run: r.now - task.started, Served: task.served, Units: task.job.Units,
	})
	r.latency.Observe(r.now - task.job.First)
	r.grade(task)
	inTime := r.now <= task.due
	if r.options.Ended != nil {
		r.options.Ended(&task.job, inTime)
	}
	if inTime {
		r.result.Good++
	} else {
		r.result.Late++
		r.result.wasted += task.cost
	}
	r.give(t)
}

// grade adds up what the job lost, and teaches the learner.
func (r *run) grade(task *task) {
	sojourn := r.now - task.job.At
	whole := learn.Sample{}
	policy.Grade(&whole, task.job.Service, sojourn, task.job.Budget, route.Done)
	r.result.Loss += float64(whole.Loss)
	if task.taught {
		policy.Grade(&task.lesson, task.service, sojourn, task.job.Budget, route.Done)
		r.recorder.Learn(&task.lesson)
	}
}

// expire ends a task that waited too long and has left its line.
func (r *run) expire(t int32) {
	r.recorder.Record(&route.Outcome{Kind: r.tasks[t].kind, Strategy: r.tasks[t].strategy, Disposition: route.Expired})
	r.result.Expired++
	r.result.Loss++
	r.give(t)
}

// expireFirst handles the first entry of the expiries.
func (r *run) expireFirst() {
	e := r.expiries.pop()
	if r.tasks[e.task].ticket != e.order {
		return // it does not wait any more
	}
	r.leave(e.task)
	r.expire(e.task)
}

// giveUp refuses a task that had been let in and has left its line.
func (r *run) giveUp(t int32) {
	task := r.tasks[t]
	r.recorder.Reroute(task.strategy, route.Drop)
	r.give(t)
	r.shed(&task.job, task.kind, route.ReasonQueueFull)
}
