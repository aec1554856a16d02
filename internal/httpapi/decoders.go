package httpapi

import (
	"context"
	"net/http"
	"time"
)

const (
	// decodersAtOnce bounds the bodies that are decoded at a time: what comes out of
	// 1 MiB of JSON can be twenty times as large. More than a few per processor gain
	// nothing anyway.
	decodersAtOnce = 16
	// decoderWait is how long a body waits for its turn. Decoding takes milliseconds,
	// so who waits longer has come to a server that is swamped.
	decoderWait = time.Second
)

// decoders are the turns to decode a body.
type decoders chan struct{}

func newDecoders() decoders { return make(decoders, decodersAtOnce) }

// enter takes a turn, or returns the problem of why there was none.
func (d decoders) enter(ctx context.Context) error {
	select {
	case d <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(decoderWait)
	defer timer.Stop()
	select {
	case d <- struct{}{}:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return newProblem(http.StatusServiceUnavailable, "too many bodies are waiting to be read: come again later").retry(decoderWait)
}

func (d decoders) leave() { <-d }
