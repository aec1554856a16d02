package sim

import (
	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// arrive decides one attempt and carries the decision out. It is the live
// router's admit and place.
func (r *run) arrive(job scenario.Job) {
	r.arriving = job
	j := &r.arriving
	if j.Attempt == 0 {
		r.result.Offered++
	}
	kind := r.kindOf(j.Kind)
	d := r.decide(j, kind)
	if r.brain != nil {
		r.brain.Offer(r.subject(j, kind), r.tenantOf(j.Tenant), &d)
	}
	onSlot := d.Strategy != route.Inline && d.Strategy != route.Spawn && d.Strategy != route.Drop
	if onSlot && !r.pool.hasRoom() {
		d = route.Decision{Strategy: route.Drop, Reason: route.ReasonQueueFull}
	}
	if r.options.Decided != nil {
		r.tell(j, kind, d)
	}
	r.result.Decisions++
	r.result.Routed[d.Strategy]++
	r.cores.debt += float64(r.options.Overhead[d.Strategy])
	r.recorder.Begin(d.Strategy)
	if d.Strategy == route.Drop {
		r.result.Loss++
		r.shed(j, kind, d.Reason)
		return
	}
	t := r.take(j, kind, &d)
	if r.taught {
		r.tasks[t].lesson, r.tasks[t].taught, r.taught = r.lesson, true, false
	}
	switch d.Strategy {
	case route.Inline:
		r.start(t)
	case route.Spawn:
		r.spawned++
		r.start(t)
	default:
		r.submit(t)
	}
}

func (r *run) decide(j *scenario.Job, kind uint32) route.Decision {
	who := r.subject(j, kind)
	var d route.Decision
	if r.oracle != nil {
		d = r.oracle.Decide(j, View{r})
	} else {
		load := r.load()
		if r.learning != nil {
			load.Draw = r.draw()
		}
		d = r.policy.Decide(request(j), who, load, &r.signals)
		if r.learning != nil {
			r.lesson, r.taught = r.learning.Lesson(request(j), who, load, &r.signals, d)
		}
	}
	if d.Strategy != route.Drop && !who.Allowed.Has(d.Strategy) {
		d = route.Decision{Strategy: route.CPUPool, Reason: route.ReasonNotAllowed, Propensity: 1}
	}
	return d
}

func (r *run) subject(j *scenario.Job, kind uint32) route.Subject {
	who := route.Subject{Kind: kind, Class: j.Class, Allowed: r.arms[kind]}
	if r.spawned >= r.options.Config.SpawnLimit {
		who.Allowed = who.Allowed.Without(route.Spawn)
	}
	return who
}

func request(j *scenario.Job) route.Request {
	return route.Request{Cost: j.Units, Budget: j.Budget, Scaling: float32(j.Scaling), Unsized: j.Units == 0}
}

// draw is uniform in [0,1), and the same on every platform.
func (r *run) draw() float32 { return float32(r.chance.Uint64()>>40) * 0x1p-24 }

func (r *run) load() route.Load {
	return route.Load{CPUBusy: r.pool.busy, Queued: r.pool.queued, Spawned: r.spawned}
}

// tenantOf returns the number of a tenant, and makes one at the first sight of a name.
func (r *run) tenantOf(name string) uint16 {
	if name == "" {
		return feedback.NoTenant
	}
	number, ok := r.tenants[name]
	if !ok {
		number = feedback.AnyTenant
		if next := len(r.tenants) + feedback.AnyTenant + 1; next < feedback.MaxTenants {
			number = uint16(next)
			r.tenants[name] = number
		}
	}
	return number
}

// kindOf returns the number of a kind, and makes one at the first sight of a name.
func (r *run) kindOf(name string) uint32 {
	if number, ok := r.kinds[name]; ok {
		return number
	}
	number := uint32(len(r.arms))
	r.kinds[name] = number
	curve, batchable := r.options.Curves[name]
	arms := route.SetOf(route.Inline, route.Spawn, route.CPUPool)
	if batchable {
		arms = arms.With(route.Batch)
	}
	r.arms, r.curves, r.pool.formers = append(r.arms, arms), append(r.curves, curve), append(r.pool.formers, newList())
	return number
}

// shed ends an attempt that is counted as begun on Drop, and lets the client come back
// if it is one that does.
func (r *run) shed(j *scenario.Job, kind uint32, reason route.Reason) {
	r.recorder.Record(&route.Outcome{Kind: kind, Strategy: route.Drop, Disposition: route.Shed, Reason: reason})
	again, ok := r.scenario.Retry(*j, r.now)
	if !ok {
		r.result.Shed++
		return
	}
	r.order++
	r.retries.push(entry{float64(again.At), r.order, r.take(&again, kind, &route.Decision{Strategy: route.Drop})})
}
