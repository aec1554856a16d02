package remote

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix"
)

const (
	// mostAttempts bounds what one job may cost the fleet, whatever is in the budget.
	mostAttempts = 3
	// hedgeSigmas is by how many spreads a job is longer under way than predicted when a second peer is
	// tried: some one in a thousand of those that go well, if the prediction is right.
	hedgeSigmas = 3
	// hedgeLeast is the least time before that, so that a scheduler's hiccup hedges nothing.
	hedgeLeast = 2 * time.Millisecond
	// lateGrace is how long after the deadline an answer still counts for the peer: four times what a worker gives its
	// jobs, for the way. Longer, and a peer that hangs keeps its share for longer.
	lateGrace = 4 * graceAfterDeadline
)

// carrier is the way of one job, with all its attempts.
type carrier struct {
	client    *Client
	parcel    *helix.Parcel
	began     time.Time
	attempts  context.Context // of all attempts: it has the caller's values, and not its end
	end       context.CancelCauseFunc
	answers   chan answer
	tried     []uint32
	last      *attempt
	open      int
	unstarted bool // as far as is known the job ran nowhere
}

// Carry implements helix.Transport.
func (c *Client) Carry(ctx context.Context, p *helix.Parcel) (helix.Delivery, error) {
	// Where the caller's own context ends then, the caller hears of that.
	if own, ok := ctx.Deadline(); !p.Deadline.IsZero() && (!ok || p.Deadline.Before(own)) {
		inner, cancel := context.WithDeadlineCause(ctx, p.Deadline, errDeadline)
		defer cancel()
		ctx = inner
	}
	way := &carrier{client: c, parcel: p, began: time.Now(), answers: make(chan answer, mostAttempts), unstarted: true}
	way.attempts, way.end = context.WithCancelCause(context.WithoutCancel(ctx))
	way.send(p.Quote)
	d, err := way.await(ctx)
	way.finish(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	var undelivered *helix.UndeliveredError
	switch {
	case err == nil:
		c.counts.done++
	case errors.As(err, &undelivered) && (undelivered.Unstarted || p.Repeatable) && (p.Deadline.IsZero() || time.Until(p.Deadline) > 0):
		c.counts.returned++
	}
	return d, err
}

func (w *carrier) send(q helix.Quote) {
	w.tried = append(w.tried, q.Peer)
	w.open++
	w.last = w.client.start(w.attempts, w.parcel, q, w.answers)
}

// finish ends the attempts that are still under way. After the deadline an answer is of no use to the caller, but
// for a moment it still says that the peer is alive: one that is only busy must not be ejected like one that hangs.
func (w *carrier) finish(ctx context.Context) {
	switch why := context.Cause(ctx); {
	case errors.Is(why, errDeadline) && w.open > 0:
		time.AfterFunc(lateGrace, func() { w.end(errDeadline) })
	case why != nil:
		w.end(why)
	default:
		w.end(errNotNeeded)
	}
}

// await waits for the answer that counts.
func (w *carrier) await(ctx context.Context) (helix.Delivery, error) {
	hedge := w.hedge()
	defer hedge.Stop()
	for {
		select {
		case an := <-w.answers:
			w.open--
			if an.err == nil || an.final {
				return an.delivery, an.err
			}
			w.unstarted = w.unstarted && an.unstarted
			if ctx.Err() == nil && w.mayRepeat() && w.again(errors.Is(an.err, nats.ErrNoResponders), &w.client.counts.retries) {
				continue
			}
			if w.open == 0 {
				return helix.Delivery{}, w.undelivered(ctx, an.err)
			}
		case <-hedge.C:
			w.again(false, &w.client.counts.hedges)
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), errDeadline) {
				w.unstarted = false
				return helix.Delivery{}, w.undelivered(ctx, errDeadline)
			}
			return helix.Delivery{}, ctx.Err()
		}
	}
}

// mayRepeat reports whether the job may be sent again.
func (w *carrier) mayRepeat() bool { return w.parcel.Repeatable || w.unstarted && w.open == 0 }

// hedge is when a second peer is tried beside the first.
func (w *carrier) hedge() *time.Timer {
	q := &w.parcel.Quote
	if !w.parcel.Repeatable {
		return time.NewTimer(1<<63 - 1)
	}
	return time.NewTimer(max(q.Finish()+q.Run+hedgeSigmas*q.Spread, hedgeLeast))
}

// again tries another peer, if there is one that is not scarce and the budget has something left. Where the first
// is gone and no other is known, any worker that there is may take it.
func (w *carrier) again(gone bool, count *uint64) bool {
	if len(w.tried) >= mostAttempts || w.parcel.Quote.Scarcity > 0 || !w.client.conn.Connected() {
		return false
	}
	c := w.client
	c.mu.Lock()
	q := c.fleet.Choose(c.now(), w.parcel.Kind, w.parcel.Service, rand.Uint64(), w.tried...)
	if c.closed || q.Scarcity > 0 || !q.Valid && !gone || !c.budget.Take() {
		c.mu.Unlock()
		return false
	}
	*count++
	c.mu.Unlock()
	w.send(q)
	return true
}

func (w *carrier) undelivered(ctx context.Context, why error) error {
	if err := ctx.Err(); err != nil && !errors.Is(context.Cause(ctx), errDeadline) {
		return err
	}
	name := w.last.node
	if name == "" {
		name = anyWorker
	}
	return &helix.UndeliveredError{
		Kind: w.parcel.Kind, Peer: name, Attempts: len(w.tried), After: time.Since(w.began), Unstarted: w.unstarted, Err: why,
	}
}
