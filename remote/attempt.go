package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/peer"
)

// attempt is one job sent to one peer.
type attempt struct {
	peer   uint32 // 0 = whoever takes it
	node   string // "" = whoever takes it
	number string // cancels it
	ctx    context.Context
	cancel context.CancelCauseFunc
	quote  helix.Quote
	began  time.Duration

	session string // of the worker; "" = not known; guarded by Client.mu
}

// answer is what became of an attempt.
type answer struct {
	attempt   *attempt
	delivery  helix.Delivery
	err       error // nil = delivered; of the kinds that helix.Parcel lists, or why there is no answer
	final     bool  // err is the job's own end
	unstarted bool  // it is certain that the job did not run
}

// unsentError is why a job was not sent at all.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }
func (e *unsentError) Unwrap() error { return e.err }

// start sends a job to a peer; the answer comes over the channel, which must have room for it.
func (c *Client) start(ctx context.Context, p *helix.Parcel, q helix.Quote, answers chan<- answer) *attempt {
	a := &attempt{peer: q.Peer, quote: q}
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	c.mu.Lock()
	a.began, a.node = c.now(), c.fleet.Name(q.Peer)
	c.numbers++
	a.number, a.session = c.sender+"."+strconv.FormatUint(c.numbers, 36), c.sessions[a.node]
	c.attempts[a] = struct{}{}
	c.fleet.Send(a.peer, q.Run)
	c.counts.attempts++
	closed := c.closed
	if !closed { // or Close may be past its wait
		c.running.Add(1)
	}
	c.mu.Unlock()
	if closed {
		a.cancel(errClosed)
		answers <- c.end(a, p, answer{attempt: a, err: errClosed, unstarted: true}, nil)
		return a
	}
	go func() {
		defer c.running.Done()
		defer a.cancel(nil)
		answers <- c.request(a, p)
	}()
	return a
}

// request sends the message and waits for its answer.
func (c *Client) request(a *attempt, p *helix.Parcel) answer {
	m := nats.NewMsg(c.conn.subject("work"))
	if a.node != "" {
		m.Subject = c.conn.subject("work", a.node)
	}
	m.Data = p.Payload
	o := orderOf(p, a.number)
	o.write(m.Header)
	if c.inject != nil {
		c.inject(a.ctx, m.Header)
	}
	if limit := c.conn.nc.MaxPayload(); limit > 0 && int64(m.Size()) > limit {
		c.tooHeavy(p.Kind)
		return c.end(a, p, answer{attempt: a, err: fmt.Errorf("%w: %d bytes with its headers, the server takes %d", errTooLarge, m.Size(), limit), unstarted: true}, nil)
	}
	reply, err := c.conn.nc.RequestMsgWithContext(a.ctx, m)
	if err != nil {
		return c.end(a, p, c.unanswered(a, err), nil)
	}
	return c.end(a, p, read(a, p.Deadline, reply), reply.Header)
}

// unanswered says what is known of a job whose answer does not come.
func (c *Client) unanswered(a *attempt, err error) answer {
	var unsent *unsentError
	switch cause := context.Cause(a.ctx); {
	case errors.Is(err, nats.ErrNoResponders):
		return answer{attempt: a, err: fmt.Errorf("no worker listens there: %w", err), unstarted: true}
	case errors.As(cause, &unsent):
		return answer{attempt: a, err: unsent, unstarted: true}
	case a.ctx.Err() != nil:
		c.callOff(a.node, a.number)
		return answer{attempt: a, err: cause}
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrDisconnected):
		return answer{attempt: a, err: fmt.Errorf("the connection with NATS was closed: %w", err)} // it may have been sent before
	default: // it could not be sent
		return answer{attempt: a, err: err, unstarted: true}
	}
}

// clocksApart is by how much a job may be told to be over too soon before the clock of who says so is wrong: what NTP keeps
// to on a bad day.
const clocksApart = 10 * time.Millisecond

// read takes an answer apart.
func read(a *attempt, deadline time.Time, m *nats.Msg) answer {
	h := m.Header
	node := h.Get(headerNode)
	an := answer{attempt: a, final: true}
	switch status := h.Get(headerStatus); status {
	case statusDone:
		an.delivery = helix.Delivery{Output: m.Data, Peer: node, Run: nanoseconds(h, headerRun)}
	case statusFailed:
		an.err = &helix.PeerError{Peer: node, Message: string(m.Data)}
	case statusPanicked:
		an.err = panicOf(node, m)
	case statusExpired:
		an.err = helix.ErrExpired
		if left := time.Until(deadline); !deadline.IsZero() && left > clocksApart {
			an.final, an.unstarted = false, true
			an.err = fmt.Errorf("%s says that its time is over, of which %v are left: their clocks differ", node, left.Round(time.Millisecond))
		}
	case statusShed:
		an.final, an.unstarted = false, true
		an.err = fmt.Errorf("%s has no room for it (%s) and asks for %v", node, h.Get(headerReason), nanoseconds(h, headerRetryAfter))
	case statusUnknown, statusMalformed, statusClosed:
		an.final, an.unstarted = false, true
		an.err = fmt.Errorf("%s does not take it (%s): %s", node, status, m.Data)
	case statusCanceled:
		an.final = false
		an.err = fmt.Errorf("%s has stopped it: %s", node, m.Data)
	default:
		an.final = false
		an.err = fmt.Errorf("the answer of %q has status %q, which this version does not know", node, status)
	}
	return an
}

func panicOf(node string, m *nats.Msg) error {
	size, _ := strconv.Atoi(m.Header.Get(headerStackBytes))
	at := len(m.Data) - min(max(size, 0), len(m.Data))
	return &helix.PanicError{Value: node + ": " + string(m.Data[:at]), Stack: bytes.Clone(m.Data[at:])}
}

// end enters an attempt's end into the books. h are the headers of its answer, nil where there is none.
func (c *Client) end(a *attempt, p *helix.Parcel, an answer, h nats.Header) answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	delete(c.attempts, a)
	s := &peer.Sample{Service: p.Service, Expected: a.quote.Finish(), Doubt: a.quote.Doubt, Took: now - a.began, Wait: nanoseconds(h, headerWait), Run: nanoseconds(h, headerRun)}
	if report, err := parseLoad(h.Get(headerLoad)); err == nil {
		c.fleet.Hear(now, h.Get(headerNode), nil, report)
	}
	why := ""
	if an.err != nil {
		why = an.err.Error()
	}
	switch h.Get(headerStatus) {
	case statusDone:
		c.budget.Accept()
		c.fleet.End(now, a.peer, p.Kind, peer.Done, s, "")
	case statusFailed, statusPanicked:
		c.fleet.End(now, a.peer, p.Kind, peer.Failed, s, why)
	case statusUnknown:
		c.fleet.Unserved(a.peer, p.Kind)
		c.fleet.End(now, a.peer, p.Kind, peer.Forgotten, s, "")
	case statusExpired, statusCanceled:
		e := peer.Late
		if an.unstarted { // its clock is wrong, and so it will be for the next job
			e = peer.Lost
		}
		c.fleet.End(now, a.peer, p.Kind, e, s, why)
	case statusShed, statusClosed, statusMalformed:
		c.fleet.End(now, a.peer, p.Kind, peer.Refused, s, why)
	default:
		c.fleet.End(now, a.peer, p.Kind, endOf(&an, h != nil), s, why)
	}
	return an
}

// endOf says whether it is the peer's fault that no answer came.
func endOf(an *answer, answered bool) peer.Ending {
	for _, fault := range []error{errDeadline, context.DeadlineExceeded, errSilent, nats.ErrNoResponders} {
		if errors.Is(an.err, fault) {
			return peer.Lost
		}
	}
	if answered {
		return peer.Lost // and the answer was none
	}
	return peer.Forgotten // its caller has left, this node has, or the job was never sent
}

// heavyFor is how long no job of a kind is offered after one that was too large: its like would be
// encoded for nothing.
const heavyFor = time.Second

func (c *Client) tooHeavy(kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heavy[kind] = c.now() + heavyFor
	c.log.Debug("a job is too large to be sent", "kind", kind)
}
