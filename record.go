package helix

import (
	"context"
	"time"

	"github.com/helixrouter/helix/internal/exec"
)

// Submit runs a documented job record by the kind that it names, which must be
// registered as a Kind[Job, []Output] (package kernel does so for the sample
// kinds). A *JobError or *UnknownKindError means that nothing ran.
func (r *Router) Submit(ctx context.Context, record Job) ([]Output, error) {
	outs, _, err := r.SubmitRouted(ctx, record)
	return outs, err
}

// Routed is where a job went, why, and how long it took there.
type Routed struct {
	Strategy Strategy
	Reason   Reason
	Wait     time.Duration // from submit to start; 0 unless the job ran to its end
	Run      time.Duration // from start to end; 0 unless the job ran to its end
}

// SubmitRouted is Submit, and also tells where the job went.
func (r *Router) SubmitRouted(ctx context.Context, record Job) ([]Output, Routed, error) {
	if err := record.Validate(); err != nil {
		return nil, Routed{}, err
	}
	h, ok := r.jobHandle(record.Kind)
	if !ok {
		return nil, Routed{}, &UnknownKindError{Kind: record.Kind, Known: r.JobKinds()}
	}
	j := job{course: course{id: record.ID, arms: h.kind.reach(0)}, hint: &Hint{
		Cost:     record.ComputeCost,
		Scaling:  record.ScalingPotential,
		Budget:   record.budget(),
		Deadline: record.Deadline,
		Class:    record.Class,
		Tenant:   record.Tenant,
	}}
	outs, err := submit[[]Output](ctx, r, h.kind, &j, exec.Apply[Job, []Output]{Func: h.def.Run, In: record})
	return outs, j.routed(), err
}

func (j *job) routed() Routed {
	return Routed{j.decision.Strategy, j.decision.Reason, j.times.Wait, j.times.Run}
}

func (r *Router) jobHandle(name string) (*Handle[Job, []Output], bool) {
	k := r.kinds.get(name)
	if k == nil {
		return nil, false
	}
	h, ok := k.handle.(*Handle[Job, []Output])
	return h, ok
}
