package helix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/internal/policy"
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
	// Optional; a kind without it is never batched.
	Batch func(ctx context.Context, in []In) ([]Result[Out], error)
	// Units is the declared size of an input, in units of the kind's own. Optional;
	// without it the size is not declared. It runs on the caller's goroutine before
	// the router takes over: it must be quick, and a panic in it is the caller's.
	Units func(in In) uint64
	// Codec turns inputs and outputs into bytes and back. Optional; it makes the
	// kind callable by name, with Router.Call.
	Codec Codec[In, Out]
}

// Codec turns a kind's inputs and outputs into bytes and back.
type Codec[In, Out any] interface {
	DecodeInput(data []byte) (In, error)
	EncodeOutput(out Out) ([]byte, error)
}

// JSON returns a codec that uses encoding/json.
func JSON[In, Out any]() Codec[In, Out] { return jsonCodec[In, Out]{} }

type jsonCodec[In, Out any] struct{}

func (jsonCodec[In, Out]) DecodeInput(data []byte) (in In, err error) {
	err = json.Unmarshal(data, &in)
	return in, err
}

func (jsonCodec[In, Out]) EncodeOutput(out Out) ([]byte, error) { return json.Marshal(out) }

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
	if err := r.kinds.register(h.kind); err != nil {
		return nil, err
	}
	return h, nil
}

// Do runs the kind on one input the way that the router decides and returns the
// result. The caller waits at most until ctx ends.
func (h *Handle[In, Out]) Do(ctx context.Context, in In, options ...CallOption) (Out, error) {
	var hint Hint
	j := job{hint: &hint, arms: h.kind.arms}
	h.describe(&j, in, options)
	return submit[Out](ctx, h.router, h.kind, &j, exec.Apply[In, Out]{Func: h.def.Run, In: in})
}

// Go starts the kind on one input and returns at once, but for cheap work that
// the router runs inline, here and now. The job ends when ctx does.
func (h *Handle[In, Out]) Go(ctx context.Context, in In, options ...CallOption) *Future[Out] {
	var hint Hint
	j := job{hint: &hint, arms: h.kind.arms}
	h.describe(&j, in, options)
	return submitFuture[Out](ctx, h.router, h.kind, &j, exec.Apply[In, Out]{Func: h.def.Run, In: in})
}

func (h *Handle[In, Out]) describe(j *job, in In, options []CallOption) {
	j.foreign = j.hint.apply(options)
	if j.hint.Cost == 0 && h.def.Units != nil {
		j.hint.Cost = h.def.Units(in)
	} else {
		j.unsized = j.hint.Cost == 0
	}
}

// caller is a handle whose kind has a codec, whatever its types.
type caller interface {
	call(ctx context.Context, payload []byte, options []CallOption) ([]byte, error)
}

var errNoCodec = errors.New("has no Codec: give it one to call it by name")

func (h *Handle[In, Out]) call(ctx context.Context, payload []byte, options []CallOption) ([]byte, error) {
	if h.def.Codec == nil {
		return nil, fmt.Errorf("kind %q %w", h.kind.name, errNoCodec)
	}
	in, err := h.def.Codec.DecodeInput(payload)
	if err != nil {
		return nil, fmt.Errorf("kind %q: payload of %d bytes cannot be decoded, nothing ran: %w", h.kind.name, len(payload), err)
	}
	out, err := h.Do(ctx, in, options...)
	if err != nil {
		return nil, err
	}
	return h.def.Codec.EncodeOutput(out)
}

// Call runs a registered kind by its name on an encoded input and returns the
// encoded output. The kind needs a Codec.
func (r *Router) Call(ctx context.Context, kind string, payload []byte, options ...CallOption) ([]byte, error) {
	k := r.kinds.get(kind)
	if k == nil || k.handle == nil {
		return nil, &UnknownKindError{Kind: kind, Known: r.Kinds()}
	}
	return k.handle.(caller).call(ctx, payload, options)
}

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
	j := job{id: record.ID, arms: h.kind.arms, hint: &Hint{
		Cost:     record.ComputeCost,
		Scaling:  record.ScalingPotential,
		Budget:   record.budget(),
		Deadline: record.Deadline,
		Class:    record.Class,
		Tenant:   record.Tenant,
	}}
	outs, err := submit[[]Output](ctx, r, h.kind, &j, exec.Apply[Job, []Output]{Func: h.def.Run, In: record})
	return outs, Routed{j.decision.Strategy, j.decision.Reason, j.times.Wait, j.times.Run}, err
}

func (r *Router) jobHandle(name string) (*Handle[Job, []Output], bool) {
	k := r.kinds.get(name)
	if k == nil {
		return nil, false
	}
	h, ok := k.handle.(*Handle[Job, []Output])
	return h, ok
}

// ChooseStrategy is the documented table as a pure function: where the job goes
// when cpuBusy pool slots are taken and nothing else is known. First match wins:
//
//	cpuBusy >= backpressure_busy_threshold   scaling >= 0.65: batch, else drop
//	cost <= inline_threshold                 inline
//	cost < spawn_threshold                   spawn
//	scaling >= 0.70                          batch
//	otherwise                                cpu_pool
func ChooseStrategy(c Config, j Job, cpuBusy int) Strategy {
	table := policy.Threshold{InlineThreshold: c.InlineThreshold, BusyThreshold: c.BackpressureBusyThreshold}
	s, _ := table.Row(j.ComputeCost, float32(j.ScalingPotential), cpuBusy, c.SpawnThreshold, allStrategies)
	return s
}

const allStrategies = route.Set(1<<route.NumStrategies - 1)
