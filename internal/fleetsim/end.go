package fleetsim

import "github.com/helixrouter/helix/internal/peer"

// answer is the end of a job that its sender hears of.
func (r *run) answer(t int32) {
	task := &r.tasks[t]
	if r.options.Replies {
		r.choice.told(r.now, task)
	}
	if !task.told {
		r.choice.ended(r.now, task, task.ending)
	}
	switch {
	case task.ending == peer.Done:
		r.result.done(&task.job, r.now-task.at)
	case task.expired:
		r.result.expired++
		r.result.without(&task.job)
	default:
		r.result.refused++
		r.result.without(&task.job)
	}
	r.give(t)
}

// giveUp is where a sender has waited long enough. A job that runs somewhere still ends, for nobody.
func (r *run) giveUp(t int32) {
	task := &r.tasks[t]
	task.told = true
	r.choice.ended(r.now, task, peer.Lost)
	if task.ending == peer.Lost {
		r.forget(t)
	}
}

// forget ends a job of which nobody will hear.
func (r *run) forget(t int32) {
	r.result.lost++
	r.result.without(&r.tasks[t].job)
	r.give(t)
}
