package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// endpoint answers one method of one path. An error that it returns becomes the
// answer, so it must not have written anything then.
type endpoint func(http.ResponseWriter, *http.Request) error

// ServeHTTP runs the endpoint.
func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := e(w, r); err != nil {
		problemOf(err).write(w, r)
	}
}

// wrapped is an endpoint of a handler that answers by itself, errors too.
func wrapped(h http.Handler) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// problemOf returns an error as a problem. What is not one is our own fault, and
// its text not for strangers.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	return internalProblem()
}

func internalProblem() *problem {
	return newProblem(http.StatusInternalServerError, "the server failed, which is its own fault: its log says more")
}

// send answers with a value as JSON.
func send(w http.ResponseWriter, status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return sendText(w, "application/json", status, text)
}

// sendAs is send for a value that always can be encoded.
func sendAs(w http.ResponseWriter, mediaType string, status int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	_ = sendText(w, mediaType, status, text)
}

// sendText writes a whole answer. That the client no longer reads it is no error.
func sendText(w http.ResponseWriter, mediaType string, status int, text []byte) error {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text)
	return nil
}
