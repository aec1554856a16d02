package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// problem is the one form of an error on the wire (RFC 9457). It has no type of
// its own beside the status: Reason and RetryAfterMS carry what a program acts on.
type problem struct {
	Type     string  `json:"type"`
	Title    string  `json:"title"`
	Status   int     `json:"status"`
	Detail   string  `json:"detail"`
	Instance string  `json:"instance,omitempty"` // the path that was asked
	Errors   []fault `json:"errors"`             // what in the body is wrong, [] when it is not the body
	Text     string  `json:"error"`              // Detail again, under the name that clients of the original read

	Reason       string  `json:"reason,omitempty"`         // why a job was shed
	JobID        *uint64 `json:"job_id,omitempty"`         // which job
	RetryAfterMS int64   `json:"retry_after_ms,omitempty"` // when to come back

	header http.Header // what the answer's header says beside
}

// fault is one thing that is wrong in a body.
type fault struct {
	Pointer string `json:"pointer"` // JSON pointer (RFC 6901); "" is the whole body
	Message string `json:"message"` // what is wrong and what to send
}

// maxFaults bounds an answer: a body of 1 MiB has room for 100,000 faults, and
// nobody reads past the first thousand.
const maxFaults = 1000

// shownFaults bounds the sentence that lists them.
const shownFaults = 8

func newProblem(status int, format string, args ...any) *problem {
	detail := fmt.Sprintf(format, args...)
	return &problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: detail, Text: detail, Errors: []fault{}, header: http.Header{},
	}
}

// refused returns the 422 that lists faults; what says what did not happen.
func refused(what string, faults []fault) *problem {
	parts := make([]string, 0, shownFaults+1)
	for _, f := range faults[:min(len(faults), shownFaults)] {
		parts = append(parts, strings.TrimSpace(f.Pointer+" "+f.Message))
	}
	if more := len(faults) - shownFaults; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	p := newProblem(http.StatusUnprocessableEntity, "%s: %s", what, strings.Join(parts, "; "))
	p.Errors = faults[:min(len(faults), maxFaults)]
	return p
}

// Error returns the detail.
func (p *problem) Error() string { return p.Detail }

// with adds a header field to the answer.
func (p *problem) with(name, value string) *problem {
	p.header.Set(name, value)
	return p
}

// retry tells when to come back. Retry-After has whole seconds: rounded up, since
// who comes too early is refused again.
func (p *problem) retry(after time.Duration) *problem {
	p.RetryAfterMS = max(1, roundUp(after, time.Millisecond))
	return p.with("Retry-After", fmt.Sprint(max(1, roundUp(after, time.Second))))
}

func roundUp(d, unit time.Duration) int64 { return int64((d + unit - 1) / unit) }

// write sends the problem as the answer to r.
func (p *problem) write(w http.ResponseWriter, r *http.Request) {
	p.Instance = r.URL.EscapedPath()
	for name, values := range p.header {
		w.Header()[name] = values
	}
	sendAs(w, "application/problem+json", p.Status, p)
}

func escapePointer(name string) string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
