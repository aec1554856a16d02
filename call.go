package helix

import (
	"context"
	"errors"
	"fmt"

	"github.com/helixrouter/helix/internal/exec"
)

// caller is a handle whose kind has a codec, whatever its types.
type caller interface {
	callable() bool
	call(ctx context.Context, payload []byte, options []CallOption) ([]byte, Routed, error)
}

func (h *Handle[In, Out]) callable() bool { return h.def.Codec != nil }

var errNoCodec = errors.New("has no Codec: give it one to call it by name")

func (h *Handle[In, Out]) call(ctx context.Context, payload []byte, options []CallOption) ([]byte, Routed, error) {
	if h.def.Codec == nil {
		return nil, Routed{}, fmt.Errorf("kind %q %w", h.kind.name, errNoCodec)
	}
	in, err := h.def.Codec.DecodeInput(payload)
	if err != nil {
		return nil, Routed{}, &PayloadError{h.kind.name, len(payload), err}
	}
	var hint Hint
	j := job{hint: &hint}
	h.describe(&j, in, options)
	out, err := submit[Out](ctx, h.router, h.kind, &j, exec.Apply[In, Out]{Func: h.def.Run, In: in})
	if err != nil {
		return nil, j.routed(), err
	}
	text, err := h.def.Codec.EncodeOutput(out)
	return text, j.routed(), err
}

// PayloadError says that the encoded input of a job cannot be decoded. Nothing ran.
type PayloadError struct {
	Kind  string
	Bytes int
	Err   error // of the kind's Codec
}

// Error names the kind and the size before the codec's own words.
func (e *PayloadError) Error() string {
	return fmt.Sprintf("kind %q: payload of %d bytes cannot be decoded, nothing ran: %v", e.Kind, e.Bytes, e.Err)
}

// Unwrap returns the codec's error.
func (e *PayloadError) Unwrap() error { return e.Err }

// Call runs a registered kind by its name on an encoded input and returns the
// encoded output. The kind needs a Codec.
func (r *Router) Call(ctx context.Context, kind string, payload []byte, options ...CallOption) ([]byte, error) {
	out, _, err := r.CallRouted(ctx, kind, payload, options...)
	return out, err
}

// CallRouted is Call, and also tells where the job went.
func (r *Router) CallRouted(ctx context.Context, kind string, payload []byte, options ...CallOption) ([]byte, Routed, error) {
	k := r.kinds.get(kind)
	if k == nil || k.handle == nil {
		return nil, Routed{}, &UnknownKindError{Kind: kind, Known: r.Kinds()}
	}
	return k.handle.(caller).call(ctx, payload, options)
}
