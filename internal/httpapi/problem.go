package httpapi

import (
	"fmt"
	"net/http"
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

func newProblem(status int, format string, args ...any) *problem {
	detail := fmt.Sprintf(format, args...)
	return &problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: detail, Text: detail, Errors: []fault{}, header: http.Header{},
	}
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
