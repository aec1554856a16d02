package helix

import (
	"time"

	"github.com/helixrouter/helix/internal/event"
)

// Decision is one routing decision as it is kept, streamed and logged: what
// really happened to the job at the door.
type Decision struct {
	JobID       uint64   `json:"job_id"` // the caller's number of the job; 0 for work that has none
	Strategy    Strategy `json:"strategy"`
	ComputeCost uint64   `json:"compute_cost"` // declared; 0 = not declared
	CPUBusy     int      `json:"cpu_busy"`     // pool slots taken when it was made
	Pressure    float64  `json:"pressure"`     // 0..1 when it was made

	Seq              uint64    `json:"seq"` // counts recorded decisions from 1
	Time             time.Time `json:"time"`
	Kind             string    `json:"kind"`
	Source           Source    `json:"source"` // who decided
	Reason           Reason    `json:"reason"` // why
	Propensity       float64   `json:"propensity"`
	PredictedSeconds float64   `json:"predicted_seconds"` // predicted sojourn; 0 = nothing was predicted
	Peer             string    `json:"peer,omitzero"`     // that a remote job was sent to first
}

// Subscription is a stream of decisions. See Router.Subscribe.
type Subscription struct {
	s *event.Subscription[Decision]
}

// Events is the channel of decisions, in order. It is closed by Close and when
// the router closes.
func (s *Subscription) Events() <-chan Decision { return s.s.Events() }

// Lost returns how many decisions were dropped because the buffer was full.
func (s *Subscription) Lost() uint64 { return s.s.Lost() }

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() { s.s.Close() }
