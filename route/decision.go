package route

import (
	"fmt"
	"time"
)

// Decision is a policy's answer for one job. Like the question it fits in registers.
type Decision struct {
	Strategy   Strategy
	Reason     Reason
	Propensity float32       // probability with which this arm was chosen, (0,1]; 1 for a rule
	Predicted  time.Duration // predicted sojourn; 0 = the policy predicts nothing
}

// Source says who made a decision.
type Source uint8

// The sources of decisions.
const (
	SourceTable  Source = iota // the threshold table
	SourceRouter               // the router itself: a bound, a nested submit, a closed door
)

// String returns the wire name, "table" or "router".
func (s Source) String() string {
	if s == SourceRouter {
		return "router"
	}
	return "table"
}

// MarshalText writes the wire name.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a wire name and refuses anything else.
func (s *Source) UnmarshalText(text []byte) error {
	switch string(text) {
	case "table":
		*s = SourceTable
	case "router":
		*s = SourceRouter
	default:
		return fmt.Errorf("unknown source %q: use one of table, router", text)
	}
	return nil
}
