package workload

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// maxEntries bounds what is kept in memory, some 3 GB.
const maxEntries = 10_000_000

// ReadLog reads a decision log, or a trace of job records, and returns its entries in order of
// arrival: they were written in the order of their ends. The last line may have been cut
// off by a crash: it is left out and cut is true.
func ReadLog(in io.Reader) (entries []Entry, cut bool, err error) {
	lines := bufio.NewReaderSize(in, 1<<16)
	for number := 1; ; number++ {
		text, end := lines.ReadBytes('\n')
		if end != nil && end != io.EOF {
			return nil, false, fmt.Errorf("line %d: %w", number, end)
		}
		if len(text) > maxLine {
			return nil, false, fmt.Errorf("line %d has more than %d bytes: leave its inputs out", number, maxLine)
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			var e Entry
			if err := json.Unmarshal(text, &e); err != nil {
				if end == io.EOF && !json.Valid(text) && number > 1 {
					cut = true
					break
				}
				return nil, false, fmt.Errorf("line %d: %w", number, err)
			}
			if entries = append(entries, e); len(entries) > maxEntries {
				return nil, false, fmt.Errorf("more than %d lines: split the log", maxEntries)
			}
		}
		if end == io.EOF {
			break
		}
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return cmp.Compare(a.AtSeconds, b.AtSeconds) })
	return entries, cut, nil
}

// Complete fills in how long the jobs would have run that were refused or expired: as long as a unit
// of their kind took on average, 0 where none of the kind has run.
func Complete(entries []Entry) {
	type sum struct{ seconds, units, jobs float64 }
	kinds := map[string]sum{}
	for i := range entries {
		if e := &entries[i]; e.ServiceSeconds > 0 {
			s := kinds[e.Kind]
			kinds[e.Kind] = sum{s.seconds + e.ServiceSeconds, s.units + float64(e.ComputeCost), s.jobs + 1}
		}
	}
	for i := range entries {
		e := &entries[i]
		s := kinds[e.Kind]
		switch {
		case e.ServiceSeconds > 0 || s.jobs == 0:
		case e.ComputeCost > 0 && s.units > 0:
			e.ServiceSeconds = s.seconds / s.units * float64(e.ComputeCost)
		default:
			e.ServiceSeconds = s.seconds / s.jobs
		}
	}
}
