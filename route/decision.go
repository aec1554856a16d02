package route

import (
	"fmt"
	"time"
)

// Decision is a policy's answer for one job.
type Decision struct {
	Strategy   Strategy
	Reason     Reason
	Propensity float32       // probability with which this arm was chosen, (0,1]; 1 for a rule
	Predicted  time.Duration // predicted sojourn; 0 = the policy predicts nothing
	Service    time.Duration // predicted core time, of a batched job its part of the batch's; 0 = unknown
	Alone      time.Duration // of a batched job: predicted core time if it ran by itself; else 0
	Order      time.Duration // after the submit: whose is the least is the next to leave the queue
	Start      time.Duration // after the submit: a later start would be in vain; 0 = any time
	Cell       uint16        // place in the order of shedding, see internal/admission; 0 with Service 0
}

// Source says who made a decision.
type Source uint8

// The sources of decisions.
const (
	SourceTable  Source = iota // the threshold table
	SourceRouter               // the router itself: a bound, a nested submit, a closed door
	SourceModel                // the adaptive policy, from what it has learned
)

var sourceNames = [...]string{"table", "router", "model"}

// String returns the wire name, "table", "router" or "model".
func (s Source) String() string {
	if int(s) < len(sourceNames) {
		return sourceNames[s]
	}
	return fmt.Sprintf("source(%d)", uint8(s))
}

// MarshalText writes the wire name.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a wire name and refuses anything else.
func (s *Source) UnmarshalText(text []byte) error {
	for i, name := range sourceNames {
		if name == string(text) {
			*s = Source(i)
			return nil
		}
	}
	return fmt.Errorf("unknown source %q: use one of table, router, model", text)
}
