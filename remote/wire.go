package remote

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/peer"
)

// The headers of a job.
const (
	headerKind     = "Helix-Kind"
	headerDeadline = "Helix-Deadline" // nanoseconds since 1970; absent = none
	headerTenant   = "Helix-Tenant"
	headerClass    = "Helix-Class"
	headerJob      = "Helix-Job-Id"
	headerCost     = "Helix-Cost"
	headerScaling  = "Helix-Scaling"
	headerCancel   = "Helix-Cancel" // the number that cancels it
)

// The headers of an answer.
const (
	headerNode       = "Helix-Node"
	headerStatus     = "Helix-Status"
	headerReason     = "Helix-Reason"            // of a refusal
	headerRetryAfter = "Helix-Retry-After-Ns"    // of a refusal
	headerWait       = "Helix-Wait-Ns"           // from the arrival to the start
	headerRun        = "Helix-Run-Ns"            // from the start to the end
	headerLoad       = "Helix-Load"              // see formatLoad
	headerStackBytes = "Helix-Panic-Stack-Bytes" // of a panic: how much of the payload's end is the stack
)

// The headers of a heartbeat, beside Helix-Load.
const (
	headerSession = "Helix-Session" // changes with each start and each connection of the worker
	headerHeld    = "Helix-Held"    // the numbers of the jobs that it has, in the first heartbeat of a session
)

// The statuses of an answer.
const (
	statusDone      = "done"
	statusFailed    = "failed"       // the payload is the error's text
	statusPanicked  = "panicked"     // the payload is the value's text and the stack
	statusShed      = "shed"         // not let in; it did not run
	statusExpired   = "expired"      // its deadline passed first; it did not run
	statusCanceled  = "canceled"     // its caller left, or its time ran out while it ran
	statusUnknown   = "unknown_kind" // it did not run
	statusMalformed = "malformed"    // it did not run
	statusClosed    = "closed"       // the worker leaves; it did not run
)

// order is a job as it crosses the wire.
type order struct {
	kind     string
	deadline time.Time // zero = none
	tenant   string
	class    helix.Class
	job      uint64
	cost     uint64
	scaling  float64
	cancel   string
}

func orderOf(p *helix.Parcel, cancel string) order {
	return order{
		kind: p.Kind, deadline: p.Deadline, tenant: p.Tenant, class: p.Class, job: p.JobID,
		cost: p.Cost, scaling: p.Scaling, cancel: cancel,
	}
}

// write puts an order into headers. What is not set has none.
func (o *order) write(h nats.Header) {
	h.Set(headerKind, escape(o.kind))
	h.Set(headerCancel, o.cancel)
	if !o.deadline.IsZero() {
		h.Set(headerDeadline, strconv.FormatInt(o.deadline.UnixNano(), 10))
	}
	if o.tenant != "" {
		h.Set(headerTenant, escape(o.tenant))
	}
	if o.class != helix.ClassDefault {
		h.Set(headerClass, o.class.String())
	}
	if o.job != 0 {
		h.Set(headerJob, strconv.FormatUint(o.job, 10))
	}
	if o.cost != 0 {
		h.Set(headerCost, strconv.FormatUint(o.cost, 10))
	}
	if o.scaling != 0 {
		h.Set(headerScaling, strconv.FormatFloat(o.scaling, 'g', -1, 64))
	}
}

// readOrder takes an order from headers. The error names every header that is wrong.
func readOrder(h nats.Header) (o order, err error) {
	var faults []error
	fault := func(name string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("header %s %q: %w", name, h.Get(name), err))
		}
	}
	if o.kind, err = unescape(h.Get(headerKind)); err != nil || o.kind == "" {
		fault(headerKind, errors.Join(err, errors.New("name the kind")))
	}
	o.tenant, err = unescape(h.Get(headerTenant))
	fault(headerTenant, err)
	o.cancel = h.Get(headerCancel)
	if text := h.Get(headerDeadline); text != "" {
		ns, err := strconv.ParseInt(text, 10, 64)
		fault(headerDeadline, err)
		o.deadline = time.Unix(0, ns)
	}
	if text := h.Get(headerClass); text != "" {
		fault(headerClass, o.class.UnmarshalText([]byte(text)))
	}
	if text := h.Get(headerJob); text != "" {
		o.job, err = strconv.ParseUint(text, 10, 64)
		fault(headerJob, err)
	}
	if text := h.Get(headerCost); text != "" {
		o.cost, err = strconv.ParseUint(text, 10, 64)
		fault(headerCost, err)
	}
	if text := h.Get(headerScaling); text != "" {
		o.scaling, err = strconv.ParseFloat(text, 64)
		fault(headerScaling, err)
	}
	return o, errors.Join(faults...)
}

// options are the order as the router takes it. The job stays where it has come to, or two routers could
// send it to and fro.
func (o *order) options() []helix.CallOption {
	options := []helix.CallOption{helix.Here, o.class, helix.Tenant(o.tenant), helix.JobID(o.job), helix.Scaling(o.scaling)}
	if o.cost != 0 {
		options = append(options, helix.Cost(o.cost))
	}
	if !o.deadline.IsZero() {
		options = append(options, helix.Deadline(o.deadline))
	}
	return options
}

// escape makes a name fit for a header: printable ASCII without a space at its ends.
func escape(s string) string {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' {
			return strconv.QuoteToASCII(s)
		}
	}
	return s
}

func unescape(s string) (string, error) {
	if !strings.HasPrefix(s, `"`) {
		return s, nil
	}
	return strconv.Unquote(s)
}

// formatLoad writes a report: jobs in flight, backlog in ns of core time, lanes, scarcity, speed, draining.
func formatLoad(r peer.Report) string {
	b := make([]byte, 0, 64)
	b = strconv.AppendInt(b, int64(r.InFlight), 10)
	b = strconv.AppendInt(append(b, ' '), int64(r.Backlog), 10)
	for _, x := range []float64{r.Lanes, r.Scarcity, r.Speed} {
		b = strconv.AppendFloat(append(b, ' '), x, 'g', 6, 64)
	}
	return string(strconv.AppendBool(append(b, ' '), r.Draining))
}

// parseLoad reads what formatLoad writes; further fields belong to later versions.
func parseLoad(text string) (r peer.Report, err error) {
	fields := strings.Fields(text)
	if len(fields) < 6 {
		return r, fmt.Errorf("report %q has %d fields, want 6 or more", text, len(fields))
	}
	inFlight, err1 := strconv.ParseInt(fields[0], 10, 64)
	backlog, err2 := strconv.ParseInt(fields[1], 10, 64)
	var numbers [3]float64
	faults := []error{err1, err2}
	for i := range numbers {
		var err error
		numbers[i], err = strconv.ParseFloat(fields[2+i], 64)
		faults = append(faults, err)
	}
	draining, err3 := strconv.ParseBool(fields[5])
	if err := errors.Join(append(faults, err3)...); err != nil {
		return r, fmt.Errorf("report %q: %w", text, err)
	}
	return peer.Report{
		InFlight: int(min(max(inFlight, 0), math.MaxInt32)), Backlog: time.Duration(backlog),
		Lanes: numbers[0], Scarcity: numbers[1], Speed: numbers[2], Draining: draining,
	}, nil
}

// nanoseconds reads a header that is a number of them, 0 if it is none.
func nanoseconds(h nats.Header, name string) time.Duration {
	ns, err := strconv.ParseInt(h.Get(name), 10, 64)
	if err != nil || ns < 0 {
		return 0
	}
	return time.Duration(ns)
}
