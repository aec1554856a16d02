package helix

import (
	"context"
	"math/rand/v2"

	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// admit decides one job. Nil means that it is counted as begun on
// j.decision.Strategy and must now be run there; any error means that its end
// is in the ledger already, or that it never was a job.
func (r *Router) admit(ctx context.Context, k *kind, j *job) error {
	if !j.hint.valid() || j.foreign {
		return j.fault()
	}
	j.submitted = r.exec.Now()
	j.decided = j.submitted
	j.deadline = r.budgetEnd(j.hint, j.submitted)
	if r.tracer != nil {
		j.trace = r.startTrace(ctx, k, j)
	}
	return r.enter(ctx, k, j)
}

// enter decides a job, and counts it as begun if it is let in.
func (r *Router) enter(ctx context.Context, k *kind, j *job) error {
	v := r.view.Load()
	if j.hint.Tenant != "" && v.config.Policy == PolicyAdaptive {
		j.tenant = r.tenants.number(j.hint.Tenant)
	}
	r.decide(ctx, v, k, j)
	if j.decision.Strategy != route.Remote { // or it asks for nothing of what is here
		r.brain.Offer(j.subject(k), j.tenant, &j.decision)
	}
	if !r.control.running.Load() {
		r.control.start()
	}
	switch d := j.decision; {
	case r.closed.Load():
		if !r.exec.Within(ctx) {
			return r.refuse(k, j, route.ReasonClosed)
		}
		j.decision = nested // part of work that Close has promised to let finish
	case d.Strategy == route.Drop:
		return r.refuse(k, j, d.Reason)
	case onSlot(d.Strategy) && !r.exec.Pool.HasRoom(j.class(), urgent(d.Reason)) && !r.passes(k, j):
		return r.refuse(k, j, route.ReasonQueueFull)
	}
	r.begin(j, j.decision.Strategy)
	if j.trace != nil {
		j.trace.decide(r.exec.Now(), &j.decision)
	}
	if err := ctx.Err(); err != nil {
		return r.endUnrun(k, j, route.Canceled, err)
	}
	if j.deadline != 0 && j.deadline <= j.decided {
		return r.endUnrun(k, j, route.Expired, ErrExpired)
	}
	return nil
}

// onSlot reports whether a strategy takes a slot of the pool.
func onSlot(s route.Strategy) bool { return s == route.CPUPool || s == route.Batch }

// begin counts a job: as begun on a strategy, or as moved there if it came back from a peer.
func (r *Router) begin(j *job, s route.Strategy) {
	if j.returned {
		r.recorder.Reroute(route.Remote, s)
		return
	}
	r.recorder.Begin(s)
}

// urgent reports whether a job runs for a floor, for which others have to make room.
func urgent(r route.Reason) bool { return r == route.ReasonFloor || r == route.ReasonProbe }

// passes lets a job into a full queue for the floor of its class or tenant, and settles the accounts of one that it does not.
func (r *Router) passes(k *kind, j *job) bool {
	who := j.subject(k)
	if r.exec.Pool.HasRoom(j.class(), true) && r.brain.Pass(who, j.tenant, &j.decision) {
		return true
	}
	r.brain.TurnAway(who, j.tenant, &j.decision)
	return false
}

// decide asks the policy, and overrules it only where its answer cannot be carried out.
func (r *Router) decide(ctx context.Context, v *view, k *kind, j *job) {
	j.seen.view, j.seen.allowed = v, j.arms
	if !r.exec.Spawner.HasRoom() {
		j.seen.allowed = j.seen.allowed.Without(route.Spawn)
	}
	j.seen.load = route.Load{CPUBusy: r.exec.Pool.Busy(), Queued: r.exec.Pool.Queued(), Spawned: r.exec.Spawner.Live()}
	if v.draws {
		j.seen.load.Draw = rand.Float32()
	}
	d := sound(v.policy.Decide(j.request(), j.subject(k), j.seen.load, &v.signals))
	holds := false
	if onSlot(d.Strategy) || d.Strategy == route.Drop {
		j.child, holds = r.exec.Inside(ctx)
	}
	switch {
	case d.Strategy == route.Inline || d.Strategy == route.Spawn:
	case holds:
		// To wait for a slot while holding one could wait for ever, and refusing
		// would throw away what the parent has done. The parent lends its slot.
		d = nested
	case d.Strategy != route.Drop && !j.seen.allowed.Has(d.Strategy):
		d = route.Decision{Strategy: route.CPUPool, Reason: route.ReasonNotAllowed, Propensity: 1}
	}
	j.decision = d
	if j.seen.allowed.Has(route.Remote) && d.Strategy != route.Inline {
		r.weighAway(v, k, j)
	}
	if j.decision.Strategy == route.Remote && j.seen.quote == nil { // a policy of somebody's own said so
		j.decision = route.Decision{Strategy: route.CPUPool, Reason: route.ReasonNotAllowed, Propensity: 1}
	}
}

// weighAway asks what a peer would make of a job, and the policy whether it shall leave.
func (r *Router) weighAway(v *view, k *kind, j *job) {
	sender, ok := v.policy.(route.Sender)
	service := max(j.decision.Service, j.decision.Alone)
	if !ok || service == 0 || !r.exec.Carrier.HasRoom() {
		return
	}
	if quote := r.transport.Quote(k.name, service); quote.Valid {
		j.seen.quote = &quote
		j.decision = sound(sender.Send(j.request(), j.subject(k), j.seen.load, &v.signals, quote, j.decision))
	}
}

// nested is the decision about a job that was submitted from inside another one.
var nested = route.Decision{Strategy: route.Inline, Reason: route.ReasonNested, Propensity: 1}

// sound makes an answer of a policy that is not ours fit to be carried out.
func sound(d route.Decision) route.Decision {
	if int(d.Reason) >= route.NumReasons || (d.Strategy == route.Drop) != d.Reason.Sheds() {
		d.Reason = route.ReasonHeavy
		if d.Strategy == route.Drop {
			d.Reason = route.ReasonPolicy
		}
	}
	return d
}

// reroute moves a job that is counted as begun to another strategy.
func (r *Router) reroute(j *job, to route.Strategy, reason route.Reason) {
	r.recorder.Reroute(j.decision.Strategy, to)
	j.decision.Strategy, j.decision.Reason = to, reason
	if j.trace != nil {
		j.trace.decide(0, &j.decision)
	}
}

// refuse sheds a job that is not counted yet.
func (r *Router) refuse(k *kind, j *job, reason route.Reason) error {
	r.begin(j, route.Drop)
	return r.shed(k, j, reason)
}

// refusePlaced sheds a job that is counted as begun.
func (r *Router) refusePlaced(k *kind, j *job, reason route.Reason) error {
	r.brain.TurnAway(j.subject(k), j.tenant, &j.decision)
	r.recorder.Reroute(j.decision.Strategy, route.Drop)
	return r.shed(k, j, reason)
}

func (r *Router) shed(k *kind, j *job, reason route.Reason) error {
	j.decision.Strategy, j.decision.Reason = route.Drop, reason
	r.recorder.Record(&route.Outcome{Kind: k.number, Strategy: route.Drop, Disposition: route.Shed, Reason: reason})
	r.note(k, j)
	err := r.refusal(j, reason)
	if j.trace != nil {
		j.trace.refuse(r.exec.Now(), &j.decision, err)
	}
	return err
}

// refusal is what the caller of a job that was shed gets.
func (r *Router) refusal(j *job, reason route.Reason) error {
	if reason == route.ReasonClosed {
		return ErrClosed
	}
	refusal := r.view.Load().refusals.pick(reason)
	if reason == route.ReasonInfeasible {
		own := *refusal
		own.Predicted = j.decision.Predicted
		return &own
	}
	return refusal
}

// endUnrun ends a job that was decided and is not worth starting.
func (r *Router) endUnrun(k *kind, j *job, d route.Disposition, err error) error {
	r.recorder.Record(&route.Outcome{Kind: k.number, Strategy: j.decision.Strategy, Disposition: d})
	r.note(k, j)
	if j.trace != nil {
		j.trace.End(d, exec.Times{Wait: r.exec.Now() - j.submitted}, 0)
	}
	return err
}

// note records the decision for whoever looks, within the sampling budget.
func (r *Router) note(k *kind, j *job) {
	if r.events.Listening() || r.events.Watched() && r.control.watch() || r.control.sample() {
		r.publish(k, j)
	}
}

//go:noinline
func (r *Router) publish(k *kind, j *job) {
	now := r.exec.Now()
	r.recorder.Decision(now - j.submitted)
	d := j.decision
	account := policy.Explain(j.seen.view.policy, j.request(),
		j.subject(k), j.seen.load, j.seen.view.signals, d)
	if d.Reason == route.ReasonShort { // nobody had to know it before
		d.Predicted = account.Service
	}
	if j.seen.quote != nil {
		account.ForeseeAway(j.seen.quote)
	}
	made := Decision{
		JobID:            j.id,
		Strategy:         d.Strategy,
		ComputeCost:      j.hint.Cost,
		CPUBusy:          j.seen.load.CPUBusy,
		Pressure:         r.Pressure(),
		Time:             r.exec.Epoch().Add(now),
		Kind:             k.name,
		Source:           d.Reason.Source(),
		Reason:           d.Reason,
		Propensity:       float64(d.Propensity),
		PredictedSeconds: d.Predicted.Seconds(),
		Peer:             r.peerOf(j),
	}
	r.accounts.publish(r.events, made, &account)
	r.logJob(j, &made, now)
}

// peerOf is the peer that a job was sent to first, "" for one that stays.
func (r *Router) peerOf(j *job) string {
	if j.decision.Strategy == route.Remote {
		return r.transport.PeerName(j.seen.quote.Peer)
	}
	return ""
}
