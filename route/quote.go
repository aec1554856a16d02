package route

import "time"

// Quote is what one other machine, a peer, is predicted to make of a job: an arm's wait,
// overhead and run, as of the freshest report of the peer's load. The zero Quote is none.
type Quote struct {
	Peer     uint32        // who, by a number that only the transport knows
	Valid    bool          // there is a peer that could take the job
	Wait     time.Duration // for its turn there
	Doubt    time.Duration // part of Wait: by how much it takes longer than it lets expect
	Overhead time.Duration // on the way there and back, encoding included
	Run      time.Duration // from start to end there
	Spread   time.Duration // standard deviation of the time until it is done; it grows with Age
	Age      time.Duration // of the report
	Scarcity float32       // share of the work offered to the peer that it turns away, 0..1
}

// Finish is when the job would be done there.
func (q *Quote) Finish() time.Duration { return q.Wait + q.Overhead + q.Run }

// Sender is a Policy that can weigh another machine against its own answer. Send
// returns local, which Decide has answered, or the decision to send the job away. It is
// asked of jobs that may leave only, and like Decide it neither blocks nor allocates.
type Sender interface {
	Policy
	Send(req Request, who Subject, load Load, sig *Signals, quote Quote, local Decision) Decision
}
