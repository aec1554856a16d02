package helix

import (
	"context"
	"errors"
	"time"

	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/route"
)

// courier is a handle whose inputs and outputs can cross a wire.
type courier[Out any] interface {
	encodeInput(in any) ([]byte, error)
	decodeOutput(data []byte) (Out, error)
}

func (h *Handle[In, Out]) encodeInput(in any) ([]byte, error) {
	return h.def.Codec.EncodeInput(in.(In))
}

func (h *Handle[In, Out]) decodeOutput(data []byte) (Out, error) {
	return h.def.Codec.DecodeOutput(data)
}

// carriage is one job on its way to another machine.
type carriage[Out any] struct {
	transport Transport
	courier   courier[Out]
	input     any
	parcel    *Parcel
}

// codecError is an input or output that the kind's Codec cannot turn over.
type codecError struct {
	kind, what string
	err        error
}

func (e *codecError) Error() string {
	return e.kind + ": the " + e.what + " cannot cross the wire: " + e.err.Error() + "; mend the kind's Codec"
}

func (e *codecError) Unwrap() error { return e.err }

// Carry implements exec.Carriage.
func (c *carriage[Out]) Carry(ctx context.Context) (out Out, run time.Duration, err error) {
	if c.parcel.Payload, err = c.courier.encodeInput(c.input); err != nil {
		return out, 0, &UndeliveredError{Kind: c.parcel.Kind, Peer: c.transport.PeerName(c.parcel.Quote.Peer), Unstarted: true, Err: &codecError{c.parcel.Kind, "input", err}}
	}
	d, err := c.transport.Carry(ctx, c.parcel)
	if err != nil {
		return out, 0, err
	}
	if out, err = c.courier.decodeOutput(d.Output); err != nil {
		err = &codecError{c.parcel.Kind, "output of " + d.Peer, err}
	}
	return out, d.Run, err
}

// Undelivered implements exec.Carriage: a job that may have run is run again only where that does no harm, and
// none of which its caller expects nothing any more.
func (c *carriage[Out]) Undelivered(err error) bool {
	var u *UndeliveredError
	if !errors.As(err, &u) || !u.Unstarted && !c.parcel.Repeatable {
		return false
	}
	return c.parcel.Deadline.IsZero() || time.Until(c.parcel.Deadline) > 0
}

// runRemote sends a job to a peer and waits for its result. A job that comes back
// without one is decided again, like a new one, with what is left of its time.
func runRemote[Out any, J exec.Job[Out]](ctx context.Context, r *Router, k *kind, j *job, work J) (Out, error) {
	if r.exec.Carrier.Enter() {
		r.note(k, j)
		out, err, delivered := carry[Out](ctx, r, k, j, work)
		r.exec.Carrier.Leave()
		if delivered {
			return out, err
		}
	}
	j.arms, j.decided, j.returned = j.arms.Without(route.Remote), r.exec.Now(), true
	j.seen.quote = nil
	if err := r.enter(ctx, k, j); err != nil {
		var none Out
		return none, err
	}
	return run[Out](ctx, r, k, j, work)
}

func carry[Out any, J exec.Job[Out]](ctx context.Context, r *Router, k *kind, j *job, work J) (out Out, err error, delivered bool) { //nolint:revive // whether it was delivered says what the others mean
	c := &carriage[Out]{
		transport: r.transport, courier: k.handle.(courier[Out]), input: any(work).(interface{ Input() any }).Input(),
		parcel: r.parcel(ctx, k, j),
	}
	o := route.Outcome{Kind: k.number, Strategy: route.Remote, Units: j.units(), Budget: j.budget()}
	out, end, delivered, err := exec.Carry[Out](ctx, r.exec, &o, j.submitted, j.traced(), c)
	j.times = exec.Times{Wait: o.Wait, Run: o.Run}
	if delivered && end != route.Done {
		err = r.wrap(k, route.Remote, end, err)
	}
	return out, err, delivered
}

// parcel is a job as the transport gets it.
func (r *Router) parcel(ctx context.Context, k *kind, j *job) *Parcel {
	p := &Parcel{
		Kind: k.name, Service: j.decision.Service, Class: j.hint.Class, Tenant: j.hint.Tenant, JobID: j.id,
		Cost: j.units(), Scaling: j.hint.Scaling, Repeatable: k.idempotent && j.hint.reach != AtMostOnce, Quote: *j.seen.quote,
	}
	if j.deadline != 0 {
		p.Deadline = r.exec.Epoch().Add(j.deadline)
	}
	if d, ok := ctx.Deadline(); ok && (p.Deadline.IsZero() || d.Before(p.Deadline)) {
		p.Deadline = d
	}
	return p
}
