package workload

import (
	"errors"
	"fmt"

	"github.com/helixrouter/helix"
)

// TraceError says which line of a trace is wrong and why. Err is a
// *helix.JobError where single fields are wrong.
type TraceError struct {
	Line   int // counted from 1
	Column int // byte of the line, counted from 1; 0 where Err names fields instead
	Err    error
}

// Error names the place first, as compilers do.
func (e *TraceError) Error() string {
	if e.Column > 0 {
		return fmt.Sprintf("trace line %d, column %d: %v", e.Line, e.Column, e.Err)
	}
	return fmt.Sprintf("trace line %d: %v", e.Line, e.Err)
}

// Unwrap returns Err.
func (e *TraceError) Unwrap() error { return e.Err }

// joinFaults adds faults to the error of decoding a job.
func joinFaults(err error, faults []helix.JobFault) error {
	if len(faults) == 0 {
		return err
	}
	var of *helix.JobError
	if err != nil && !errors.As(err, &of) {
		return err
	}
	if of != nil {
		faults = append(of.Faults, faults...)
	}
	return &helix.JobError{Faults: faults}
}
