package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

const (
	napLength  = 5 * time.Millisecond
	napBudget  = 500 * time.Millisecond
	growLength = 10 * time.Millisecond
	growBudget = 100 * time.Millisecond
)

// row is one way to send, with what came of it.
type row struct {
	name string
	outcome
	sent map[string]uint64
}

// away is a policy that sends every job, so that only the choice between peers is measured.
type away struct{}

func (away) Decide(req route.Request, _ route.Subject, _ route.Load, _ *route.Signals) route.Decision {
	return route.Decision{Strategy: route.CPUPool, Reason: route.ReasonHeavy, Propensity: 1, Service: time.Duration(req.Cost)}
}

func (away) Send(req route.Request, _ route.Subject, _ route.Load, _ *route.Signals, q route.Quote, _ route.Decision) route.Decision {
	return route.Decision{Strategy: route.Remote, Reason: route.ReasonPeer, Propensity: 1, Predicted: q.Finish(), Service: time.Duration(req.Cost)}
}

// choice measures where jobs go that have a fast and a slow worker.
func (p plan) choice(ctx context.Context) (rows []row, err error) {
	for _, way := range []string{"all to the fast one, by hand", "two choices", "queue group"} {
		r, err := p.way(ctx, way)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", way, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (p plan) way(ctx context.Context, name string) (row, error) {
	f, err := start(map[string]float64{"fast": 1, "slow": p.slowness})
	if err != nil {
		return row{}, err
	}
	defer f.stop()
	var do func(context.Context) error
	switch name {
	case "two choices":
		r, err := helix.New(machine(), helix.WithTransport(f.client), helix.WithPolicy(away{}))
		if err != nil {
			return row{}, err
		}
		defer func() { _ = r.Close(ctx) }()
		h, err := register(r, math.Inf(1)) // nothing runs here
		if err != nil {
			return row{}, err
		}
		do = func(ctx context.Context) error {
			_, err := h.Do(ctx, napLength, helix.Budget(napBudget))
			return err
		}
	case "queue group":
		do = f.carry(func() helix.Quote { return helix.Quote{} })
	default:
		fast, err := f.quoteOf("fast")
		if err != nil {
			return row{}, err
		}
		do = f.carry(func() helix.Quote { return fast })
	}
	o := openLoop(ctx, 1, p.rate, p.duration, napBudget, do)
	return row{name, o, f.sent()}, ctx.Err()
}

// carry sends without a router.
func (f *fleet) carry(quote func() helix.Quote) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := f.client.Carry(ctx, &helix.Parcel{
			Kind: "nap", Payload: fmt.Append(nil, int64(napLength)), Cost: uint64(napLength), Service: napLength,
			Deadline: time.Now().Add(napBudget), Quote: quote(),
		})
		return err
	}
}

// quoteOf asks until the peer is drawn that is meant.
func (f *fleet) quoteOf(name string) (helix.Quote, error) {
	for range 1000 {
		if q := f.client.Quote("nap", napLength); q.Valid && f.client.PeerName(q.Peer) == name {
			return q, nil
		}
		time.Sleep(time.Millisecond)
	}
	return helix.Quote{}, errors.New("peer " + name + " was not drawn in 1000 quotes")
}

func (f *fleet) sent() map[string]uint64 {
	sent := map[string]uint64{}
	for _, p := range f.client.Fleet().Peers {
		sent[p.Name] = p.Sent
	}
	return sent
}
