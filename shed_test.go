package helix_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

// wantShed wants a refusal with a reason and a time to come back.
func wantShed(t *testing.T, err error, reason helix.Reason) {
	t.Helper()
	var s *helix.ShedError
	if !errors.As(err, &s) || !errors.Is(err, helix.ErrShed) {
		t.Errorf("got %v, want a *ShedError", err)
		return
	}
	if s.Reason != reason || s.RetryAfter <= 0 {
		t.Errorf("got reason %s and RetryAfter %v, want %s and more than 0", s.Reason, s.RetryAfter, reason)
	}
	if s.Pressure < 0 || s.Pressure > 1 {
		t.Errorf("pressure %v is outside 0..1", s.Pressure)
	}
	if text := err.Error(); !strings.Contains(text, reason.String()) || !strings.Contains(text, "retry after") {
		t.Errorf("%q names not the reason or what to do", text)
	}
}

func TestAFullQueueShedsAtOnce(t *testing.T) {
	eachWay(t, 1, func(t *testing.T, r *helix.Router, w way) {
		if _, err := r.PatchConfig(helix.ConfigPatch{"cpu_queue_cap": 2}); err != nil {
			t.Fatal(err)
		}
		release := hold(t, r, 1)
		var waiting []<-chan answer
		for range 2 {
			waiting = append(waiting, later(func() (int, error) { return doAs(heavy)(t.Context(), r, returns(7)) }))
			synctest.Wait()
		}
		start := time.Now()
		got, err := w.do(t.Context(), r, returns(7))
		switch w.strategy {
		case helix.CPUPool, helix.Batch:
			wantShed(t, err, route.ReasonQueueFull)
			wantLedger(t, r, helix.Ledger{Shed: 1, InFlight: 3})
			if n := r.Stats().Sheds[route.ReasonQueueFull]; n != 1 {
				t.Errorf("%d sheds are counted with their reason, want 1", n)
			}
		default: // needs no slot
			if got != 7 || err != nil {
				t.Errorf("got %d, %v", got, err)
			}
		}
		if time.Since(start) != 0 {
			t.Errorf("the answer took %v", time.Since(start))
		}
		release()
		for _, c := range waiting {
			if a := <-c; a.out != 7 || a.err != nil {
				t.Errorf("a job that was admitted got %d, %v", a.out, a.err)
			}
		}
	})
}

func TestTheBusyGateShedsWhatCannotShareASlot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.BackpressureBusyThreshold = 7 })
		release := hold(t, r, 6)
		if _, err := doAs(cheap)(t.Context(), r, returns(1)); err != nil {
			t.Errorf("6 busy slots: %v", err)
		}
		release()
		release = hold(t, r, 7)
		for _, as := range [][]helix.CallOption{{cheap}, {moderate}, {heavy}, {heavy, helix.Scaling(0.64)}} {
			_, err := doAs(as...)(t.Context(), r, returns(1))
			wantShed(t, err, route.ReasonBusyGate)
		}
		// It can share a slot; the eighth is free.
		if _, err := doAs(cheap, helix.Scaling(0.65))(t.Context(), r, returns(1)); err != nil {
			t.Errorf("scaling 0.65: %v", err)
		}
		if n := strategyCount(r, helix.Batch); n != 1 {
			t.Errorf("%d jobs were batched, want 1", n)
		}
		// A function has no batch to share.
		_, err := helix.Do(t.Context(), r, helix.Hint{Scaling: 1}, func(context.Context) (int, error) { return 0, nil })
		wantShed(t, err, route.ReasonBusyGate)
		release()
		if _, err := doAs(cheap)(t.Context(), r, returns(1)); err != nil {
			t.Errorf("after the rush: %v", err)
		}
	})
}

// Refused callers must not all come back in step, and never before the backlog is gone.
func TestRetryAfterFollowsTheBacklogAndIsSpread(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.CPUParallelism, c.CPUQueueCap = 1, 10 })
		// One job a second, for long enough that the rate is known.
		for range 20 {
			if _, err := doAs(heavy)(t.Context(), r, ignores(time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		for range 11 {
			later(func() (int, error) { return doAs(heavy)(t.Context(), r, ignores(time.Second)) })
		}
		synctest.Wait()
		time.Sleep(150 * time.Millisecond) // a tick of the control loop, also of an idle one
		seen := map[time.Duration]bool{}
		for range 200 {
			_, err := doAs(heavy)(t.Context(), r, returns(1))
			var s *helix.ShedError
			if !errors.As(err, &s) {
				t.Fatalf("got %v, want a shed", err)
			}
			seen[s.RetryAfter] = true
			if s.RetryAfter < 5*time.Second || s.RetryAfter > 30*time.Second {
				t.Errorf("11 jobs of a second are ahead, and RetryAfter is %v", s.RetryAfter)
			}
		}
		if len(seen) < 4 {
			t.Errorf("200 refusals have %d different RetryAfter: callers return in step", len(seen))
		}
	})
}

func TestInjectedPressureClosesTheGateEarlierAndExpires(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.BackpressureBusyThreshold = 7 })
		submit := func() error { _, err := doAs(cheap)(t.Context(), r, returns(1)); return err }
		if err := r.InjectPressure(0.75, "database", time.Minute); err != nil {
			t.Fatal(err)
		}
		if p := r.Pressure(); p != 0.75 {
			t.Errorf("pressure %v, want 0.75 at once", p)
		}
		if s := r.Stats().Pressure; s.Ruling != "external" {
			t.Errorf("%q rules, want external", s.Ruling)
		}
		release := hold(t, r, 1)
		if err := submit(); err != nil {
			t.Errorf("1 busy slot at 0.75: %v", err)
		}
		// At 0.75 the gate of 7 leaves room for less than 2.
		second := later(func() (int, error) { return doAs(heavy)(context.Background(), r, ignores(2*time.Minute)) })
		synctest.Wait()
		wantShed(t, submit(), route.ReasonBusyGate)
		time.Sleep(time.Minute - time.Millisecond)
		wantShed(t, submit(), route.ReasonBusyGate)
		time.Sleep(200 * time.Millisecond) // the TTL, and a tick
		if err := submit(); err != nil {
			t.Errorf("after the TTL: %v", err)
		}
		release()
		if a := <-second; a.err != nil {
			t.Error(a.err)
		}
	})
}

func TestInjectedPressureOfOneShedsAllButNested(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, func(c *helix.Config) { c.BackpressureBusyThreshold = 7 })
		inside, goOn := make(chan struct{}), make(chan struct{})
		parent := later(func() (int, error) {
			return doAs(heavy)(t.Context(), r, func(ctx context.Context) (int, error) {
				close(inside)
				<-goOn
				return doAs(heavy)(ctx, r, returns(7))
			})
		})
		<-inside
		if err := r.InjectPressure(1, "operator", 0); err != nil {
			t.Fatal(err)
		}
		for _, as := range [][]helix.CallOption{{cheap}, {moderate}, {heavy}} {
			_, err := doAs(as...)(t.Context(), r, returns(1))
			wantShed(t, err, route.ReasonBusyGate)
		}
		close(goOn)
		if a := <-parent; a.out != 7 || a.err != nil {
			t.Errorf("the nested job got %d, %v: what its parent has done would be lost", a.out, a.err)
		}
		time.Sleep(31 * time.Second) // the default TTL is 30 s
		if _, err := doAs(cheap)(t.Context(), r, returns(1)); err != nil {
			t.Errorf("after the default TTL: %v", err)
		}
	})
}

func TestTheLargestInjectedPressureCountsAndBadOnesAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		for source, v := range map[string]float64{"a": 0.2, "b": 0.9, "c": 0.5} {
			if err := r.InjectPressure(v, source, time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if p := r.Pressure(); p != 0.9 {
			t.Errorf("pressure %v, want the largest, 0.9", p)
		}
		if err := r.InjectPressure(0, "b", time.Minute); err != nil || r.Pressure() != 0.5 {
			t.Errorf("after b took its value back: %v, pressure %v, want 0.5", err, r.Pressure())
		}
		nan := 0.0
		for _, c := range []struct {
			value  float64
			source string
			ttl    time.Duration
		}{
			{-0.1, "x", 0}, {1.1, "x", 0}, {nan / nan, "x", 0}, {1 / nan, "x", 0},
			{0.5, "", 0}, {0.5, strings.Repeat("x", 65), 0}, {0.5, "x", -1}, {0.5, "x", time.Hour + 1},
		} {
			if err := r.InjectPressure(c.value, c.source, c.ttl); err == nil {
				t.Errorf("value %v from %q for %v was accepted", c.value, c.source, c.ttl)
			}
		}
		if p := r.Pressure(); p != 0.5 {
			t.Errorf("pressure %v after refusals, want 0.5", p)
		}
	})
}
