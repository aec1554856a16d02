package peer_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/helixrouter/helix/bench/peer"
	"github.com/helixrouter/helix/internal/loadgen"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

const cores = 2

func makers() []loadgen.Maker {
	return append(peer.All(cores), loadgen.RouterMaker("threshold", loadgen.Sized("threshold", cores)))
}

// account is what one job saw.
type account struct {
	ran  atomic.Int32
	err  error
	ends int
}

func submit(t *testing.T, s loadgen.Subject, jobs int, budget, service time.Duration) []*account {
	t.Helper()
	accounts := make([]*account, jobs)
	var callers sync.WaitGroup
	for i := range accounts {
		a := &account{}
		accounts[i] = a
		callers.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), budget)
			defer cancel()
			j := scenario.Job{ID: uint64(i), Kind: "conform", Units: 100_000, Service: service, Budget: budget}
			a.err = s.Do(ctx, j, func(ctx context.Context) error {
				a.ran.Add(1)
				select {
				case <-time.After(service):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
			a.ends++
		})
	}
	callers.Wait()
	return accounts
}

// Every job ends once, ran at most once, ran if it is done, did not if it was refused.
func TestEveryJobIsAccountedFor(t *testing.T) {
	for _, m := range makers() {
		t.Run(m.Name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			s, err := m.New()
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if s.Name() != m.Name || m.Settings == "" {
				t.Errorf("%q says it is %q, %q", m.Name, s.Name(), m.Settings)
			}
			// Some find a slot, some wait, some are refused or run out of time.
			for _, a := range submit(t, s, 2000, 30*time.Millisecond, time.Millisecond) {
				ran := a.ran.Load()
				switch {
				case a.ends != 1 || ran > 1:
					t.Fatalf("ended %d times, ran %d times", a.ends, ran)
				case a.err == nil && ran != 1, errors.Is(a.err, route.ErrShed) && ran != 0:
					t.Fatalf("%v, and ran %d times", a.err, ran)
				case a.err != nil && !errors.Is(a.err, route.ErrShed) && !errors.Is(a.err, route.ErrExpired) && !errors.Is(a.err, context.DeadlineExceeded):
					t.Fatalf("ended with %v", a.err)
				}
			}
			// And afterwards it is as good as new.
			for _, a := range submit(t, s, cores, 10*time.Second, time.Millisecond) {
				if a.err != nil {
					t.Errorf("on an idle subject: %v", a.err)
				}
			}
		})
	}
}

// A job's own error comes back, and is no refusal.
func TestErrorsOfJobsComeBack(t *testing.T) {
	broken := errors.New("broken")
	for _, m := range makers() {
		t.Run(m.Name, func(t *testing.T) {
			s, err := m.New()
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			err = s.Do(t.Context(), scenario.Job{Kind: "conform"}, func(context.Context) error { return broken })
			if !errors.Is(err, broken) || errors.Is(err, route.ErrShed) {
				t.Error(err)
			}
		})
	}
}
