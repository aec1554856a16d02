package workload

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/helixrouter/helix"
)

// Record is one line of a trace: a job, with when it came and how long it ran if
// that is known. On the wire it is a job record with up to three more members.
type Record struct {
	helix.Job
	// AtSeconds is when the job arrives, counted from the start of the trace. 0, or
	// absent, is at the start; a trace whose records are all at 0 has no arrival
	// times, only an order.
	AtSeconds float64 `json:"at_seconds,omitzero"`
	// ServiceSeconds is how long the job ran where the trace was taken. 0, or
	// absent, is unknown.
	ServiceSeconds float64 `json:"service_seconds,omitzero"`
	// BudgetSeconds is the job's budget where that is not a whole number of
	// milliseconds. 0, or absent, leaves it to LatencyBudgetMS.
	BudgetSeconds float64 `json:"budget_seconds,omitzero"`
}

// UnmarshalJSON reads a record as strictly as a job: all faults come back at once
// in a *helix.JobError; text that is not a JSON object is another error.
func (r *Record) UnmarshalJSON(text []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return fmt.Errorf("record is not a JSON object: %w", err)
	}
	var next Record
	var faults []helix.JobFault
	for name, target := range map[string]*float64{
		"at_seconds": &next.AtSeconds, "service_seconds": &next.ServiceSeconds, "budget_seconds": &next.BudgetSeconds,
	} {
		raw, present := members[name]
		if delete(members, name); present && !readSeconds(raw, target) {
			faults = append(faults, secondsFault(name))
		}
	}
	rest, err := json.Marshal(members)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if err := joinFaults(json.Unmarshal(rest, &next.Job), faults); err != nil {
		return err
	}
	*r = next
	return nil
}

func readSeconds(raw json.RawMessage, target *float64) bool {
	if string(raw) == "null" || json.Unmarshal(raw, target) != nil {
		return false
	}
	return validSeconds(*target)
}

// validSeconds refuses what JSON cannot hold, what lies in the past, and -0, which
// would not come back as it was.
func validSeconds(v float64) bool {
	return v >= 0 && !math.Signbit(v) && !math.IsInf(v, 1)
}

func secondsFault(name string) helix.JobFault {
	return helix.JobFault{Pointer: "/" + name, Message: "must be a finite number of seconds, 0 or more"}
}
