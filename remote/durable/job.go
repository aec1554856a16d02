package durable

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix"
)

// Job is work that must survive.
type Job struct {
	// ID is unique: 1 to 128 letters, digits, - and _. A second job of the same ID is the same job.
	ID string
	// Kind is one that workers have registered with a Codec.
	Kind string
	// Payload is the kind's input, by its Codec.
	Payload []byte
	// Deadline, if not zero, is when the job is not worth running any more.
	Deadline time.Time
	Tenant   string      // who asks, at most 128 bytes
	Class    helix.Class // how much it matters at the worker's router
}

const (
	headerID       = nats.MsgIdHdr // which is what duplicates are told by
	headerKind     = "Helix-Kind"
	headerJob      = "Helix-Job"
	headerDeadline = "Helix-Deadline" // nanoseconds since 1970; absent = none
	headerTenant   = "Helix-Tenant"
	headerClass    = "Helix-Class"
	headerReason   = "Helix-Reason" // of a dead letter
	headerTries    = "Helix-Tries"  // of a dead letter
)

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// maxKind and maxTenant are the router's own bounds.
const (
	maxKind   = 128
	maxTenant = 128
)

// Validate reports everything that is wrong with a job.
func (j *Job) Validate() error {
	var faults []error
	if !idPattern.MatchString(j.ID) {
		faults = append(faults, fmt.Errorf("the ID %.40q: give 1 to 128 letters, digits, - and _", j.ID))
	}
	if j.Kind == "" || len(j.Kind) > maxKind {
		faults = append(faults, fmt.Errorf("the Kind has %d bytes: name a kind in 1 to %d", len(j.Kind), maxKind))
	}
	if len(j.Tenant) > maxTenant {
		faults = append(faults, fmt.Errorf("the Tenant has %d bytes: at most %d are kept", len(j.Tenant), maxTenant))
	}
	if j.Class > helix.ClassCriticalPlus {
		faults = append(faults, fmt.Errorf("the Class is %v: use one of the Class constants", j.Class))
	}
	return errors.Join(faults...)
}

// write puts a job into a message. Names are quoted: a header has no place for a line's end.
func (j *Job) write(m *nats.Msg) {
	h := m.Header
	h.Set(headerJob, j.ID)
	h.Set(headerKind, strconv.QuoteToASCII(j.Kind))
	if !j.Deadline.IsZero() {
		h.Set(headerDeadline, strconv.FormatInt(j.Deadline.UnixNano(), 10))
	}
	if j.Tenant != "" {
		h.Set(headerTenant, strconv.QuoteToASCII(j.Tenant))
	}
	if j.Class != helix.ClassDefault {
		h.Set(headerClass, j.Class.String())
	}
	m.Data = j.Payload
}

// readJob takes a job out of a message. The error names everything that is wrong.
func readJob(h nats.Header, data []byte) (j Job, err error) {
	j = Job{ID: h.Get(headerJob), Payload: data}
	var faults []error
	fault := func(name string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("header %s %.60q: %w", name, h.Get(name), err))
		}
	}
	j.Kind, err = strconv.Unquote(h.Get(headerKind))
	fault(headerKind, err)
	if text := h.Get(headerTenant); text != "" {
		j.Tenant, err = strconv.Unquote(text)
		fault(headerTenant, err)
	}
	if text := h.Get(headerDeadline); text != "" {
		ns, err := strconv.ParseInt(text, 10, 64)
		fault(headerDeadline, err)
		j.Deadline = time.Unix(0, ns)
	}
	if text := h.Get(headerClass); text != "" {
		fault(headerClass, j.Class.UnmarshalText([]byte(text)))
	}
	return j, errors.Join(append(faults, j.Validate())...)
}

// options are the job as the router takes it.
func (j *Job) options() []helix.CallOption {
	options := []helix.CallOption{j.Class, helix.Tenant(j.Tenant)}
	if !j.Deadline.IsZero() {
		options = append(options, helix.Deadline(j.Deadline))
	}
	return options
}
