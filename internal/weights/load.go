package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/learn"
)

// maxBytes bounds the file. The 256 kinds of a full router take some 150 KB, so
// what is larger is something else, and not worth the memory.
const maxBytes = 4 << 20

// Reason says what is wrong with a file, in a word that can stand in a file name.
type Reason string

// The reasons.
const (
	Truncated Reason = "truncated" // it ends before its JSON does
	Corrupt   Reason = "corrupt"   // it is not JSON
	Foreign   Reason = "foreign"   // it is JSON, and not of a learner
	Newer     Reason = "newer"     // it is of a later version of the format
	Invalid   Reason = "invalid"   // it has a field that no learner writes
	TooLarge  Reason = "too_large" // it has more than 4 MiB
)

var reasons = []Reason{Truncated, Corrupt, Foreign, Newer, Invalid, TooLarge}

// FaultError is a file that is of no use.
type FaultError struct {
	Path   string
	Reason Reason
	Err    error
}

// Error names the path and what is wrong.
func (e *FaultError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Path, e.Reason, e.Err) }

// Unwrap returns the cause.
func (e *FaultError) Unwrap() error { return e.Err }

func faultf(reason Reason, format string, args ...any) *FaultError {
	return &FaultError{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// Load reads a snapshot. A file that is not there is fs.ErrNotExist, one that is of
// no use a *FaultError.
func Load(path string) (helix.NeuralSnapshot, error) {
	text, err := read(path)
	if err == nil {
		var s helix.NeuralSnapshot
		if s, err = decode(text); err == nil {
			return s, nil
		}
	}
	var fault *FaultError
	if errors.As(err, &fault) {
		fault.Path = path
	}
	return helix.NeuralSnapshot{}, err
}

func read(path string) ([]byte, error) {
	if err := regular(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxBytes {
		return nil, faultf(TooLarge, "it has more than %d bytes", maxBytes)
	}
	return text, nil
}

// regular refuses what is there and no file: a pipe would block who opens it, and a
// rename would replace /dev/null.
func regular(path string) error {
	about, err := os.Stat(path)
	if err == nil && !about.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file", path)
	}
	return err
}

// decode believes nothing: what it returns, a learner has taken.
func decode(text []byte) (s helix.NeuralSnapshot, err error) {
	if err := check(text); err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, faultf(Invalid, "%w", err)
	}
	if err := learn.New(learn.Off).Restore(s); err != nil {
		return s, faultf(Invalid, "%w", err)
	}
	return s, checkNames(&s)
}

// checkNames wants what the router finds its kinds by.
func checkNames(s *helix.NeuralSnapshot) error {
	seen := map[string]bool{}
	for number, k := range s.Kinds {
		if k.Name == "" || seen[k.Name] {
			return faultf(Invalid, "kinds: %d has the name %q: want one that no other has", number, k.Name)
		}
		seen[k.Name] = true
	}
	return nil
}

// check tells a snapshot of this version from everything else, by the members that
// every version has.
func check(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var all json.RawMessage
	switch err := decoder.Decode(&all); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return faultf(Truncated, "it ends after %d bytes, before its JSON does", len(text))
	case err != nil:
		return faultf(Corrupt, "not JSON: %w", err)
	}
	if rest := bytes.TrimSpace(text[decoder.InputOffset():]); len(rest) > 0 {
		return faultf(Corrupt, "%d bytes follow the JSON", len(rest))
	}
	var head struct {
		Version     *json.Number     `json:"version"`
		SampleCount *json.RawMessage `json:"sample_count"`
		Weights     *json.RawMessage `json:"weights"`
	}
	if err := json.Unmarshal(all, &head); err != nil || head.Version == nil || head.SampleCount == nil || head.Weights == nil {
		return faultf(Foreign, "not what a learner knows: that has version, sample_count and weights")
	}
	version, err := head.Version.Int64()
	switch {
	case err != nil || version < 1:
		return faultf(Foreign, "version %s, which no learner writes", *head.Version)
	case version > learn.Version:
		return faultf(Newer, "version %d of the format, and this program knows %d", version, learn.Version)
	}
	return nil
}
