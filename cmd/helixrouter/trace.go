package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/helixrouter/helix/workload"
)

// readTrace streams a trace, so that its length does not matter.
func readTrace(path string) iter.Seq2[workload.Record, error] {
	return func(yield func(workload.Record, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(workload.Record{}, errors.Unwrap(err)) // the caller names the path
			return
		}
		defer f.Close()
		workload.ReadTrace(f)(yield)
	}
}

// countJobs is how many jobs the startup workload has. It reads a trace to its end,
// so that what is wrong with it is found before any of it runs.
func (s *settings) countJobs(kinds []string) (n int, err error) {
	if s.trace == "" {
		return int(s.jobs), nil
	}
	if about, err := os.Stat(s.trace); err != nil {
		return 0, errors.Unwrap(err)
	} else if !about.Mode().IsRegular() {
		return 0, errors.New("not a regular file: a trace is read twice, to check it and to replay it")
	}
	for record, err := range readTrace(s.trace) {
		if err != nil {
			return 0, err
		}
		if n++; !slices.Contains(kinds, record.Kind) {
			return 0, fmt.Errorf("trace line %d: the kind %q is not registered: use one of %s",
				lineOf(s.trace, n), record.Kind, strings.Join(kinds, ", "))
		}
	}
	return n, nil
}

// lineOf returns the line of the nth record of a trace, which has blank ones too.
func lineOf(path string, nth int) (line int) {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	in := bufio.NewReader(f)
	for nth > 0 {
		text, err := in.ReadBytes('\n')
		if line++; len(bytes.TrimSpace(text)) > 0 {
			nth--
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	return line
}
