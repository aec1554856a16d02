package helix

import (
	"context"
	"fmt"
	"time"

	"github.com/helixrouter/helix/route"
)

// Quote is what one peer is predicted to make of a job.
type Quote = route.Quote

// Transport takes jobs to other machines, which makes the strategy remote possible. Package
// remote has one, on NATS. Implementations are safe for concurrent use.
type Transport interface {
	// Quote predicts, from what is known now, what the best of the peers makes of a job of a
	// kind that takes some core time here. It is asked for every job that may leave: it
	// answers at once. A Quote that is not Valid means that no peer can take it.
	Quote(kind string, service time.Duration) Quote
	// PeerName is the name of the peer of a quote, to be printed.
	PeerName(peer uint32) string
	// Carry takes a job to the peer of its quote, or to another one if that fails and the job may
	// run twice, and waits for its result. It returns when ctx ends and when the job's deadline
	// has passed, whatever the peers do. See Parcel for the errors that have a meaning.
	Carry(ctx context.Context, p *Parcel) (Delivery, error)
	// Fleet tells what is known of the peers, for people and programs that look on.
	Fleet() Fleet
}

// Parcel is a job on its way. Carry returns, beside nil,
//
//	ErrExpired            the deadline passed before the job could start; it did not run
//	*PanicError           the job panicked there
//	*PeerError            the job returned an error there
//	*UndeliveredError     there is no result, and the error says whether the job may have run
//	the error of ctx      when that ends first
type Parcel struct {
	Kind     string
	Payload  []byte        // by the kind's Codec; not to be changed
	Service  time.Duration // predicted core time here; 0 = not known
	Deadline time.Time     // zero = none
	Class    Class
	Tenant   string
	JobID    uint64
	Cost     uint64 // declared; 0 = not declared
	Scaling  float64
	// Repeatable means that it does no harm if the job runs twice: it may be sent again where
	// no answer comes.
	Repeatable bool
	Quote      Quote // that the decision was made on
}

// Delivery is what came back of a job that was done.
type Delivery struct {
	Output []byte
	Peer   string        // who ran it
	Run    time.Duration // there
}

// PeerError is the error that a job returned on another machine. Errors cross the wire as
// text: what they match with errors.Is and errors.As stays behind.
type PeerError struct {
	Peer    string
	Message string // the job's own words
}

// Error names the peer before the job's own words.
func (e *PeerError) Error() string { return e.Peer + ": " + e.Message }

// UndeliveredError says that a job was sent to a peer and no result came back. Unless that
// is the end of it, the job runs here and nobody sees the error.
type UndeliveredError struct {
	Kind      string
	Peer      string        // the last that was tried
	Attempts  int           // peers that were tried
	After     time.Duration // since it was sent first
	Unstarted bool          // it is certain that the job ran nowhere
	Err       error         // why
}

// Error names the job, the peer, the numbers and what is certain.
func (e *UndeliveredError) Error() string {
	ran := "it may have run there; make the kind idempotent to have it run again"
	if e.Unstarted {
		ran = "it did not run"
	}
	return fmt.Sprintf("%s: no result from peer %s after %v and %d attempt(s): %v: %s",
		e.Kind, e.Peer, e.After.Round(10*time.Microsecond), e.Attempts, e.Err, ran)
}

// Unwrap returns why.
func (e *UndeliveredError) Unwrap() error { return e.Err }

// WithTransport lets jobs of kinds that have a Codec run on other machines, where that is
// predicted to be better. The router does not close the transport.
func WithTransport(t Transport) Option {
	return func(r *Router) { r.transport = t }
}
