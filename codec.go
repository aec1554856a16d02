package helix

import (
	"encoding/json"
)

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
