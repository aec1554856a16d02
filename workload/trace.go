package workload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/helixrouter/helix"
)

// maxLine bounds a line of a trace, newline not counted: 1 MiB holds a job of
// 50,000 inputs, and a file without newlines cannot fill the memory.
const maxLine = 1 << 20

var errLongLine = fmt.Errorf("the line is longer than %d bytes: split the job's inputs", maxLine)

// ReadTrace reads records, one JSON object a line; blank lines are skipped. The
// first error, a *TraceError or the reader's own, is yielded with a zero Record
// and ends the trace. Arrival times must not decrease.
func ReadTrace(in io.Reader) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, maxLine+len("\r\n"))
		var last float64
		number := 0
		for lines.Scan() {
			number++
			text := lines.Bytes()
			if len(bytes.TrimSpace(text)) == 0 {
				continue
			}
			record, err := readRecord(text, number, last)
			if last = record.AtSeconds; !yield(record, err) || err != nil {
				return
			}
		}
		if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
			yield(Record{}, &TraceError{Line: number + 1, Column: maxLine + 1, Err: errLongLine})
		} else if err != nil {
			yield(Record{}, fmt.Errorf("trace line %d: %w", number+1, err))
		}
	}
}

func readRecord(text []byte, line int, last float64) (Record, error) {
	var r Record
	if len(text) > maxLine {
		return Record{}, &TraceError{line, maxLine + 1, errLongLine}
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return Record{}, &TraceError{line, column(err), err}
	}
	if err := r.checkTimes(last); err != nil {
		return Record{}, &TraceError{line, 0, err}
	}
	return r, nil
}

// column is where in its line a record breaks off being a JSON object, 0 if it is one.
func column(err error) int {
	var fields *helix.JobError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &fields):
		return 0
	case errors.As(err, &syntax):
		return max(int(syntax.Offset), 1)
	default:
		return 1 // valid JSON, but not an object: wrong from the first byte
	}
}

// WriteTrace writes records so that ReadTrace gives them back exactly; nil inputs
// come back as empty ones. It refuses what ReadTrace would refuse and stops there.
func WriteTrace(out io.Writer, records iter.Seq[Record]) error {
	buffered := bufio.NewWriter(out)
	var last float64
	line := 0
	for r := range records {
		line++
		text, err := r.line(last)
		if err != nil {
			return errors.Join(&TraceError{Line: line, Err: err}, buffered.Flush())
		}
		if _, err := buffered.Write(text); err != nil {
			return fmt.Errorf("trace line %d: %w", line, err)
		}
		last = r.AtSeconds
	}
	return buffered.Flush()
}

// line is the record as a line of a trace whose last arrival is given.
func (r Record) line(last float64) ([]byte, error) {
	if err := errors.Join(r.Validate(), r.checkTimes(last)); err != nil {
		return nil, err
	}
	if r.Inputs == nil {
		r.Inputs = []uint64{} // null is not an array
	}
	text, err := json.Marshal(r)
	if err == nil && len(text) > maxLine {
		err = errLongLine
	}
	return append(text, '\n'), err
}

// checkTimes reports times that no trace can hold at a point after last.
func (r Record) checkTimes(last float64) error {
	var faults []helix.JobFault
	if !validSeconds(r.AtSeconds) {
		faults = append(faults, secondsFault("at_seconds"))
	} else if r.AtSeconds < last {
		faults = append(faults, helix.JobFault{Pointer: "/at_seconds", Message: fmt.Sprintf("must not lie before the line above, at %v", last)})
	}
	if !validSeconds(r.ServiceSeconds) {
		faults = append(faults, secondsFault("service_seconds"))
	}
	return joinFaults(nil, faults)
}
