package peer

import (
	"context"
	"testing"
	"time"

	"github.com/helixrouter/helix/route"
)

func TestEDFTakesTheEarliestAndDropsTheLate(t *testing.T) {
	now := time.Now()
	wait := func(due time.Duration) *waiter {
		w := &waiter{ctx: context.Background(), slot: make(chan error, 1)}
		if due != 0 {
			w.due = now.Add(due)
		}
		return w
	}
	q := &edf{}
	late, never, second, first := wait(-1), wait(0), wait(20), wait(10)
	left := wait(5)
	left.gone = true
	for _, w := range []*waiter{late, never, second, left, first} {
		q.push(w)
	}
	for i, want := range []*waiter{first, second, never, nil} {
		if got := q.pop(now); got != want {
			t.Errorf("pop %d: %+v", i, got)
		}
	}
	if err := <-late.slot; err != route.ErrExpired {
		t.Error(err)
	}
}

func TestCodelDropsOnlyWhenEvenTheShortestWaitIsLong(t *testing.T) {
	start := time.Now()
	q := newCodel(3)
	ask := func(at, wait time.Duration) bool { return q.drops(start.Add(at), wait) }
	for i, step := range []struct {
		at, wait time.Duration
		drop     bool
	}{
		{0, 50 * time.Millisecond, false},                      // nothing is known yet
		{50 * time.Millisecond, time.Millisecond, false},       // a short one
		{101 * time.Millisecond, 50 * time.Millisecond, false}, // the interval had a short one
		{150 * time.Millisecond, 50 * time.Millisecond, false}, // now all are long
		{202 * time.Millisecond, 50 * time.Millisecond, true},  // so it is overloaded
		{203 * time.Millisecond, 9 * time.Millisecond, false},  // but what waited less than 10 ms runs
		{210 * time.Millisecond, 4 * time.Millisecond, false},  // and that ends it
		{303 * time.Millisecond, 50 * time.Millisecond, false},
	} {
		if got := ask(step.at, step.wait); got != step.drop {
			t.Errorf("step %d: %v", i, got)
		}
	}
	for i := range 4 {
		if got := q.push(&waiter{}); got != (i < 3) {
			t.Errorf("push %d: %v", i, got)
		}
	}
}
