package workload

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/helixrouter/helix"
)

// Entry is one line of a decision log: a job, and what was done with it.
type Entry struct {
	Record
	Decided *Decided // nil in a line of a trace that no router wrote
}

// Decided is what was done with a job.
type Decided struct {
	Strategy         helix.Strategy    `json:"strategy"`
	Reason           helix.Reason      `json:"reason"`
	Propensity       float64           `json:"propensity"`        // probability of the strategy; 1 for a rule
	PredictedSeconds float64           `json:"predicted_seconds"` // sojourn; 0 = nothing was predicted
	Outcome          helix.Disposition `json:"outcome"`
	WaitSeconds      float64           `json:"wait_seconds"` // of a job that ran to its end; else 0
	RunSeconds       float64           `json:"run_seconds"`
}

// Budget is the time in seconds that the job had; 0 = no end.
func (e *Entry) Budget() float64 {
	if e.BudgetSeconds > 0 {
		return e.BudgetSeconds
	}
	return float64(e.LatencyBudgetMS) / 1000
}

// InTime reports whether a job ran to its end within its budget.
func (e *Entry) InTime() bool {
	d := e.Decided
	return d != nil && d.Outcome == helix.Done && (e.Budget() == 0 || d.WaitSeconds+d.RunSeconds <= e.Budget())
}

// entryLine is an entry on the wire.
type entryLine struct {
	Record
	Decided *Decided `json:"decided,omitempty"`
}

// MarshalJSON writes a line.
func (e Entry) MarshalJSON() ([]byte, error) { return json.Marshal(entryLine(e)) }

// UnmarshalJSON reads a line, strictly; one of a trace without a decision too.
func (e *Entry) UnmarshalJSON(text []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return fmt.Errorf("line is not a JSON object: %w", err)
	}
	var next Entry
	if raw, present := members["decided"]; present {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&next.Decided); err != nil {
			return fmt.Errorf("decided: %w", err)
		}
		delete(members, "decided")
	}
	rest, err := json.Marshal(members)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(rest, &next.Record); err != nil {
		return err
	}
	*e = next
	return nil
}
