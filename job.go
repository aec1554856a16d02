package helix

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Job is the documented job record: work that is named by its kind and
// described by numbers, so that it can come over the wire. Functions go through
// Do or a Handle instead.
type Job struct {
	ID   uint64 `json:"id"`   // the caller's number; need not be unique
	Kind string `json:"kind"` // a registered kind, such as "HashMix"
	// Inputs are the kind's arguments.
	Inputs []uint64 `json:"inputs"`
	// ComputeCost is the declared size in the kind's own units.
	ComputeCost uint64 `json:"compute_cost"`
	// ScalingPotential says how well the job amortises with others, 0..1.
	ScalingPotential float64 `json:"scaling_potential"`
	// LatencyBudgetMS is the time from submit until the job is late, in
	// milliseconds. A job that cannot start within it expires. 0 = no budget.
	LatencyBudgetMS uint64 `json:"latency_budget_ms"`

	Tenant   string    `json:"tenant,omitzero"`   // who asks; optional
	Class    Class     `json:"class,omitzero"`    // how much it matters; optional
	Deadline time.Time `json:"deadline,omitzero"` // absolute form of the budget; the earlier of both counts; optional
}

// JobError lists everything that is wrong with a job record. Nothing ran.
type JobError struct {
	Faults []JobFault
}

// JobFault is one wrong field.
type JobFault struct {
	Pointer string // JSON pointer (RFC 6901) from the record's root, such as "/inputs/2"
	Message string // what is wrong and what to send
}

// Error lists the faults, one after the other.
func (e *JobError) Error() string {
	parts := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		parts[i] = f.Pointer + " " + f.Message
	}
	return "invalid job, nothing ran: " + strings.Join(parts, "; ")
}

const maxTenantBytes = 128 // long enough for a UUID with a prefix, short enough to be a label

// jobField decodes one member of a job record into its place.
type jobField struct {
	required bool
	expected string
	target   func(*Job) any // nil for inputs, which have readInputs
}

// jobFields is the record's schema; encoding/json alone would accept a missing
// field, another spelling of its case, and null.
var jobFields = map[string]jobField{
	"id":                {true, "a whole number from 0 to 18446744073709551615", func(j *Job) any { return &j.ID }},
	"kind":              {true, "the name of a registered kind", func(j *Job) any { return &j.Kind }},
	"inputs":            {true, "an array of whole numbers from 0 to 18446744073709551615", nil},
	"compute_cost":      {true, "a whole number from 0 to 18446744073709551615", func(j *Job) any { return &j.ComputeCost }},
	"scaling_potential": {true, "a number from 0 to 1", func(j *Job) any { return &j.ScalingPotential }},
	"latency_budget_ms": {true, "a whole number of milliseconds, 0 for no budget", func(j *Job) any { return &j.LatencyBudgetMS }},
	"tenant":            {false, "a string of at most 128 bytes", func(j *Job) any { return &j.Tenant }},
	"class":             {false, "one of default, sheddable, critical, critical_plus", func(j *Job) any { return &j.Class }},
	"deadline":          {false, "an RFC 3339 time", func(j *Job) any { return &j.Deadline }},
}

// UnmarshalJSON reads a record strictly: every documented field present, no
// unknown one, whole numbers exact up to 2^64-1 and written as such (8.0, "8"
// and -1 are refused). All faults come back at once in a *JobError; text that is
// not a JSON object is another error.
func (j *Job) UnmarshalJSON(text []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return fmt.Errorf("job is not a JSON object: %w", err)
	}
	var next Job
	var e JobError
	for _, name := range slices.Sorted(maps.Keys(members)) {
		field, known := jobFields[name]
		if !known {
			e.unknown(name)
			continue
		}
		if name == "inputs" {
			next.Inputs = e.readInputs(members[name])
		} else if err := field.decode(&next, members[name]); err != nil {
			e.add("/"+name, "must be "+field.expected)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(jobFields)) {
		if _, present := members[name]; jobFields[name].required && !present {
			e.add("/"+name, "is missing: send "+jobFields[name].expected)
		}
	}
	e.addRules(next)
	if len(e.Faults) > 0 {
		return &e
	}
	*j = next
	return nil
}

// Validate reports the faults that a record built in Go can have, as a *JobError.
func (j *Job) Validate() error {
	if s := j.ScalingPotential; s >= 0 && s <= 1 && len(j.Tenant) <= maxTenantBytes && len(j.Inputs) <= maxInputs {
		return nil
	}
	var e JobError
	e.addRules(*j)
	return &e
}

func (f jobField) decode(j *Job, raw json.RawMessage) error {
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return errors.New("null")
	}
	return json.Unmarshal(raw, f.target(j))
}

// maxUnknown bounds the unknown members that are listed: who sends more knows by
// then, and an answer must not grow with what somebody sends.
const maxUnknown = 1024

func (e *JobError) unknown(name string) {
	if len(e.Faults) < maxUnknown {
		e.Faults = append(e.Faults, JobFault{"/" + escapePointer(name), "is unknown: leave it out"})
	}
}

func (e *JobError) add(pointer, message string) {
	if !slices.ContainsFunc(e.Faults, func(f JobFault) bool { return f.Pointer == pointer }) {
		e.Faults = append(e.Faults, JobFault{pointer, message})
	}
}

func (e *JobError) addRules(j Job) {
	if s := j.ScalingPotential; math.IsNaN(s) || s < 0 || s > 1 {
		e.add("/scaling_potential", "must be a number from 0 to 1")
	}
	if len(j.Tenant) > maxTenantBytes {
		e.add("/tenant", "must be a string of at most 128 bytes")
	}
	if len(j.Inputs) > maxInputs {
		e.add("/inputs", tooManyInputs)
	}
}

// pointerEscapes are RFC 6901's; made once, since a body can have thousands of names.
var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func escapePointer(s string) string { return pointerEscapes.Replace(s) }

// budget converts the record's budget once, at entry; more than fits a Duration
// (292 years) is the largest Duration.
func (j *Job) budget() time.Duration {
	if j.LatencyBudgetMS > uint64(math.MaxInt64/time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(j.LatencyBudgetMS) * time.Millisecond
}
