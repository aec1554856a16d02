package fleetsim

import (
	"fmt"
	"math"
	"time"

	"github.com/helixrouter/helix/internal/peer"
)

// never is later than everything.
const never = time.Duration(math.MaxInt64)

// maxJobs bounds memory: two numbers are kept of each job, for exact quantiles.
const maxJobs = 20_000_000

// grace is how long after the budget a router still takes an answer: time for a node that has seen it pass.
const grace = 20 * time.Millisecond

// run is one simulation under way.
type run struct {
	options Options
	nodes   []node
	choice  chooser
	agenda  agenda
	now     time.Duration
	tasks   []task
	free    []int32
	result  tally
}

// Run simulates one way to choose from the first arrival to the end of the last job.
func Run(o Options, way string) (Result, error) {
	if err := o.check(); err != nil {
		return Result{}, err
	}
	newChooser, err := wayOf(way)
	if err != nil {
		return Result{}, err
	}
	nodes := makeNodes(&o)
	cores := capacity(nodes)
	jobs := newStream(&o, cores)
	if most := float64(o.Duration) / jobs.every; most > maxJobs {
		return Result{}, fmt.Errorf("%.0f jobs, at most %d: make duration, load or nodes smaller, or mean larger", most, maxJobs)
	}
	if way == Best {
		result := clairvoyant(nodes, jobs)
		result.Capacity = cores
		return result, nil
	}
	r := &run{options: o, nodes: nodes, choice: newChooser(&o, nodes)}
	r.begin()
	for j, ok := jobs.next(); ok; j, ok = jobs.next() {
		r.until(j.at)
		r.now = j.at
		r.send(&j)
	}
	r.until(never)
	result := r.result.result(way)
	result.Capacity = cores
	return result, nil
}

// begin lets every sender hear of every node once, as those do that join.
func (r *run) begin() {
	for i := range r.nodes {
		n := &r.nodes[i]
		r.choice.heard(0, i, n.report(0))
		r.agenda.add(n.phase, heartbeat, int32(i), 0)
		if n.dies != never {
			r.agenda.add(n.dies, dies, int32(i), 0)
		}
	}
}

// until lets everything happen that happens up to a time.
func (r *run) until(to time.Duration) {
	for len(r.agenda.events) > 0 && r.agenda.events[0].at <= to {
		e := r.agenda.pop()
		r.now = e.at
		switch e.what {
		case heartbeat:
			r.beat(e.who)
		case heard:
			r.choice.heard(r.now, int(e.who), r.nodes[e.who].beat)
		case dies:
			r.die(e.who)
		default:
			if r.tasks[e.who].ticket == e.ticket {
				r.step(e.what, e.who)
			}
		}
	}
}

func (r *run) step(w what, t int32) {
	switch w {
	case arrives:
		r.arrive(t)
	case ends:
		r.end(t)
	case expires:
		r.expire(t)
	case answered:
		r.answer(t)
	case givenUp:
		r.giveUp(t)
	}
}

// later puts an event of a task on the agenda.
func (r *run) later(at time.Duration, w what, t int32) { r.agenda.add(at, w, t, r.tasks[t].ticket) }

// beat sends a heartbeat, as long as anything can come of it.
func (r *run) beat(who int32) {
	n := &r.nodes[who]
	if n.dead || r.now > r.options.Duration {
		return
	}
	n.beat = n.report(r.now)
	r.agenda.add(r.now+n.way, heard, who, 0)
	r.agenda.add(r.now+r.options.Stale, heartbeat, who, 0)
}

// send chooses a node for a job.
func (r *run) send(j *job) {
	r.result.offered++
	t := r.take(j, 0)
	node := r.choice.choose(r.now, &r.tasks[t])
	if node < 0 {
		r.result.refused++
		r.result.without(j)
		r.give(t)
		return
	}
	r.tasks[t].node = int32(node)
	r.later(r.now+r.nodes[node].way, arrives, t)
}

// arrive is the door of a node.
func (r *run) arrive(t int32) {
	task := &r.tasks[t]
	n := &r.nodes[task.node]
	task.arrived = r.now
	switch {
	case n.dead || n.fault == blackHole:
		task.ending = peer.Lost
		r.lose(t)
	case !n.admits(r.now, &task.job):
		task.ending = peer.Refused
		r.reply(t)
	case len(n.running) < n.lanes:
		r.start(t)
	default:
		n.wait(r.tasks, t, r.options.Order)
		r.later(task.at+task.budget, expires, t)
	}
}

func (r *run) start(t int32) {
	task := &r.tasks[t]
	n := &r.nodes[task.node]
	n.running = append(n.running, t)
	task.started, task.ran = r.now, n.run(task.service)
	task.ticket++ // it does not expire any more
	r.later(r.now+task.ran, ends, t)
	if r.now+task.ran+n.way > task.at+task.budget+grace {
		r.lose(t)
	}
}

// end makes room.
func (r *run) end(t int32) {
	task := &r.tasks[t]
	n := &r.nodes[task.node]
	n.end(t, task.ran)
	if len(n.waiting) > 0 {
		next := n.waiting[0]
		n.leave(r.tasks, next)
		r.start(next)
	}
	task.ending = peer.Done
	r.reply(t)
}

func (r *run) expire(t int32) {
	task := &r.tasks[t]
	r.nodes[task.node].leave(r.tasks, t)
	task.ending, task.expired = peer.Refused, true
	r.reply(t)
}

// reply sends an answer on its way.
func (r *run) reply(t int32) {
	task := &r.tasks[t]
	n := &r.nodes[task.node]
	if r.options.Replies {
		task.report = n.report(r.now)
	}
	r.later(r.now+n.way, answered, t)
}

// lose is called when it is certain that no answer will be there in time.
func (r *run) lose(t int32) {
	task := &r.tasks[t]
	r.later(max(task.at+task.budget+grace, r.now), givenUp, t)
}

// die ends a node and all that it holds.
func (r *run) die(who int32) {
	n := &r.nodes[who]
	n.dead = true
	for _, held := range [][]int32{n.running, n.waiting} {
		for _, t := range held {
			task := &r.tasks[t]
			task.ending = peer.Lost
			task.ticket++ // nothing ends or expires there any more
			if task.told {
				r.forget(t)
			} else {
				r.lose(t)
			}
		}
	}
	n.running, n.waiting = nil, nil
}
