package configfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/helixrouter/helix"
)

// maxFileBytes bounds a file: a complete configuration has 0.5 KiB, and comments
// are welcome, but a wrong path must not fill the memory.
const maxFileBytes = 1 << 20

// entry is one "field: value" of a file.
type entry struct {
	field string
	value literal
	line  int
}

// problem is what a reader says of a file as a whole.
type problem struct {
	line    int // 0 = unknown
	message string
}

// readFile returns the entries of a file in its order. Where reading broke off,
// what came before is returned too, so that its faults are not found one by one.
func readFile(path string) ([]entry, *problem) {
	text, err := readBounded(path)
	if err != nil {
		return nil, &problem{message: err.Error()}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors begin with a byte order mark
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		return readYAML(text)
	default:
		return readJSON(text)
	}
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	if len(text) > maxFileBytes {
		return nil, fmt.Errorf("has more than %d bytes: is it a configuration?", maxFileBytes)
	}
	return text, nil
}

// cause drops the path from an error: the fault names it already.
func cause(err error) error {
	var of *os.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// file provides the fields of a file, and on which line each stands.
func (l *layers) file(path string) (provided, func(field string) Origin) {
	values, lines := provided{}, map[string]int{}
	origin := func(field string) Origin { return Origin{LayerFile, path, lines[field]} }
	entries, broken := readFile(path)
	for _, e := range entries {
		first, twice := lines[e.field]
		lines[e.field] = e.line
		kind, known := fieldKinds[e.field]
		v, err := e.value.value(kind)
		switch {
		case !known:
			l.fault(origin(e.field), e.field, nil, "is unknown: the fields are "+strings.Join(helix.ConfigFields(), ", "))
		case twice:
			l.fault(origin(e.field), e.field, nil, fmt.Sprintf("is given on line %d already: keep one of them", first))
		case err != nil:
			l.fault(origin(e.field), e.field, e.value.text, err.Error())
		default:
			values[e.field] = v
		}
	}
	if broken != nil {
		l.fault(Origin{LayerFile, path, broken.line}, "", nil, broken.message)
	}
	return values, origin
}
