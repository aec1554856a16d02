package helix

import (
	"encoding/json"
)

// Codec turns a kind's inputs and outputs into bytes and back: the inputs on the machine that
// sends a job and on the one that runs it, the outputs the other way round. A decoder must not
// keep data. Safe for concurrent use.
type Codec[In, Out any] interface {
	EncodeInput(in In) ([]byte, error)
	DecodeInput(data []byte) (In, error)
	EncodeOutput(out Out) ([]byte, error)
	DecodeOutput(data []byte) (Out, error)
}

// JSON returns a codec that uses encoding/json.
func JSON[In, Out any]() Codec[In, Out] { return jsonCodec[In, Out]{} }

type jsonCodec[In, Out any] struct{}

func (jsonCodec[In, Out]) EncodeInput(in In) ([]byte, error) { return json.Marshal(in) }

func (jsonCodec[In, Out]) DecodeInput(data []byte) (in In, err error) {
	err = json.Unmarshal(data, &in)
	return in, err
}

func (jsonCodec[In, Out]) EncodeOutput(out Out) ([]byte, error) { return json.Marshal(out) }

func (jsonCodec[In, Out]) DecodeOutput(data []byte) (out Out, err error) {
	err = json.Unmarshal(data, &out)
	return out, err
}
