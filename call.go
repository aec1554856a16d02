package helix

import (
	"context"
	"errors"
	"fmt"
)

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
