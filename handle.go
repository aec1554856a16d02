package helix

import (
	"context"
	"fmt"

	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/route"
)

// Kind describes work that has a name: how to run it, and what else the router
// may do with it. Name and Run are needed.
type Kind[In, Out any] struct {
	// Name is unique in its router: 1 to 128 bytes of printable UTF-8.
	Name string
	// Run does the work for one input. It should return early when ctx ends, and
	// a loop that computes for longer than 100 us should look at ctx that often.
	Run func(ctx context.Context, in In) (Out, error)
	// Batch does the work for many inputs at once and returns one result for each,
	// in the same order; an error of its own fails them all. It makes the kind
	// eligible for the batch strategy. ctx ends when every caller has left. When
	// Batch panics, each input is run singly once, so that one bad input fails alone.
	// Under the adaptive policy a kind is batched while its batches are seen to cost at
	// least 10 % less than its jobs one by one, whatever Scaling says, and only while cores are taken.
	// Optional; a kind without it is never batched.
	Batch func(ctx context.Context, in []In) ([]Result[Out], error)
	// Units is the declared size of an input, in units of the kind's own. Optional;
	// without it the size is not declared. It runs on the caller's goroutine before
	// the router takes over: it must be quick, and a panic in it is the caller's.
	Units func(in In) uint64
	// Codec turns inputs and outputs into bytes and back. Optional; it makes the
	// kind callable by name, with Router.Call, and by other machines.
	Codec Codec[In, Out]
	// Idempotent means that it does no harm if Run is called twice for one input, so that a job
	// that got no answer may be sent again, or run here. With a Codec it makes the kind eligible
	// for the strategy remote; one that is not needs AtMostOnce at the call.
	Idempotent bool
}

// Handle is a registered kind, ready to be called. It is safe for concurrent use.
type Handle[In, Out any] struct {
	router *Router
	kind   *kind
	def    Kind[In, Out]
}

// Register adds a kind to a router. It fails when Name or Run is missing and when
// the name is taken.
func Register[In, Out any](r *Router, k Kind[In, Out]) (*Handle[In, Out], error) {
	if k.Run == nil {
		return nil, fmt.Errorf("kind %q has no Run function: give one", k.Name)
	}
	h := &Handle[In, Out]{router: r, kind: &kind{name: k.Name, arms: plainArms}, def: k}
	h.kind.handle = h
	if k.Batch != nil {
		h.kind.arms = h.kind.arms.With(route.Batch)
		h.kind.former = r.exec.NewFormer(exec.BatchFunc[In, Out](k.Batch))
	}
	if k.Codec != nil && r.transport != nil {
		h.kind.arms = h.kind.arms.With(route.Remote)
	}
	h.kind.idempotent = k.Idempotent
	if err := r.kinds.register(h.kind); err != nil {
		return nil, err
	}
	return h, nil
}

// Do runs the kind on one input the way that the router decides and returns the
// result. The caller waits at most until ctx ends.
func (h *Handle[In, Out]) Do(ctx context.Context, in In, options ...CallOption) (Out, error) {
	var hint Hint
	j := job{hint: &hint}
	h.describe(&j, in, options)
	return submit[Out](ctx, h.router, h.kind, &j, exec.Apply[In, Out]{Func: h.def.Run, In: in})
}

// Go starts the kind on one input and returns at once, but for cheap work that
// the router runs inline, here and now. The job ends when ctx does.
func (h *Handle[In, Out]) Go(ctx context.Context, in In, options ...CallOption) *Future[Out] {
	var hint Hint
	j := job{hint: &hint}
	h.describe(&j, in, options)
	return submitFuture[Out](ctx, h.router, h.kind, &j, exec.Apply[In, Out]{Func: h.def.Run, In: in})
}

func (h *Handle[In, Out]) describe(j *job, in In, options []CallOption) {
	j.foreign = j.hint.apply(options)
	j.arms, j.id = h.kind.reach(j.hint.reach), j.hint.jobID
	if j.hint.Cost == 0 && h.def.Units != nil {
		j.hint.Cost = h.def.Units(in)
	} else {
		j.unsized = j.hint.Cost == 0
	}
}
