package helix_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

// sender sends every job that may leave, and runs the others on the pool.
type sender struct{}

func (sender) Decide(route.Request, route.Subject, route.Load, *route.Signals) route.Decision {
	return route.Decision{Strategy: route.CPUPool, Reason: route.ReasonHeavy, Propensity: 1, Service: time.Millisecond}
}

func (sender) Send(_ route.Request, _ route.Subject, _ route.Load, _ *route.Signals, q route.Quote, _ route.Decision) route.Decision {
	return route.Decision{Strategy: route.Remote, Reason: route.ReasonPeer, Propensity: 1, Predicted: q.Finish(), Service: time.Millisecond}
}

// wire is a transport whose other end is a function.
type wire struct {
	carry func(ctx context.Context, p *helix.Parcel) (helix.Delivery, error)
	quote func(kind string, service time.Duration) helix.Quote

	mu      sync.Mutex
	parcels []helix.Parcel
}

func (w *wire) Quote(kind string, service time.Duration) helix.Quote {
	if w.quote != nil {
		return w.quote(kind, service)
	}
	return helix.Quote{Peer: 7, Valid: true, Run: time.Millisecond, Overhead: time.Millisecond}
}

func (w *wire) PeerName(peer uint32) string { return fmt.Sprint("peer-", peer) }

func (w *wire) Fleet() helix.Fleet { return helix.Fleet{Node: "here"} }

func (w *wire) Carry(ctx context.Context, p *helix.Parcel) (helix.Delivery, error) {
	w.mu.Lock()
	w.parcels = append(w.parcels, *p)
	w.mu.Unlock()
	return w.carry(ctx, p)
}

// away is a router whose jobs of the kind "double" leave.
func away(t *testing.T, w *wire, idempotent bool) (*helix.Router, *helix.Handle[int, int]) {
	t.Helper()
	r := testRouter(t, nil, helix.WithTransport(w), helix.WithPolicy(sender{}))
	h, err := helix.Register(r, helix.Kind[int, int]{
		Name: "double", Idempotent: idempotent, Codec: helix.JSON[int, int](), Units: func(n int) uint64 { return uint64(n) },
		Run: func(_ context.Context, n int) (int, error) {
			time.Sleep(time.Millisecond)
			return 2 * n, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, h
}

// undelivered is what a transport says that got no result.
func undelivered(unstarted bool) error {
	return &helix.UndeliveredError{Kind: "double", Peer: "peer-7", Attempts: 1, Unstarted: unstarted, Err: errors.New("lost")}
}

// balanced checks that every job has ended, on the strategies that are expected.
func balanced(t *testing.T, r *helix.Router, want map[helix.Strategy]uint64) {
	t.Helper()
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := r.Stats()
	got := map[helix.Strategy]uint64{}
	for _, row := range s.Strategies {
		got[row.Strategy] = row.Count
	}
	if s.Ledger.Imbalance != 0 || s.Ledger.InFlight != 0 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("routed %v, want %v; ledger %+v", got, want, s.Ledger)
	}
}

func TestAJobLeavesAndItsResultComesBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{carry: func(_ context.Context, p *helix.Parcel) (helix.Delivery, error) {
			time.Sleep(10 * time.Millisecond)
			var n int
			if err := json.Unmarshal(p.Payload, &n); err != nil {
				return helix.Delivery{}, err
			}
			return helix.Delivery{Output: fmt.Append(nil, 2*n), Peer: "peer-7", Run: 4 * time.Millisecond}, nil
		}}
		r, h := away(t, w, true)
		v, err := h.Do(t.Context(), 21, helix.Budget(time.Second), helix.Tenant("acme"), helix.ClassCritical, helix.JobID(5))
		if v != 42 || err != nil {
			t.Fatal(v, err)
		}
		if f := h.Go(t.Context(), 4); true {
			if v, err := f.Wait(t.Context()); v != 8 || err != nil {
				t.Error(v, err)
			}
		}
		p := w.parcels[0]
		if p.Kind != "double" || p.Tenant != "acme" || p.Class != helix.ClassCritical || p.JobID != 5 || p.Cost != 21 || !p.Repeatable ||
			p.Service != time.Millisecond || time.Until(p.Deadline) <= 0 {
			t.Errorf("%+v", p)
		}
		d := r.Decisions(10)[0]
		if d.Strategy != helix.Remote || d.Peer != "peer-7" || d.Reason != route.ReasonPeer || d.JobID != 5 {
			t.Errorf("%+v", d)
		}
		for _, k := range r.Stats().Kinds {
			if k.Strategy != helix.Remote || k.Run.Max() > 5*time.Millisecond || k.Wait.Min() < 5*time.Millisecond || k.Outcomes[helix.Done] != 2 {
				t.Errorf("%v on %v: run %v, wait %v, %v", k.Kind, k.Strategy, k.Run.Max(), k.Wait.Min(), k.Outcomes)
			}
		}
		balanced(t, r, map[helix.Strategy]uint64{helix.Remote: 2})
	})
}

func TestAJobThatComesBackIsDecidedAgain(t *testing.T) {
	for _, x := range []struct {
		name       string
		idempotent bool
		unstarted  bool
		options    []helix.CallOption
		routed     helix.Strategy // where it ends; Remote = its caller hears of it
	}{
		{"it ran nowhere", false, true, []helix.CallOption{helix.AtMostOnce}, helix.CPUPool},
		{"it may have run, which does no harm", true, false, nil, helix.CPUPool},
		{"it may have run, and must not again", false, false, []helix.CallOption{helix.AtMostOnce}, helix.Remote},
		{"idempotent, but the call says once", true, false, []helix.CallOption{helix.AtMostOnce}, helix.Remote},
	} {
		t.Run(x.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := &wire{carry: func(context.Context, *helix.Parcel) (helix.Delivery, error) {
					time.Sleep(10 * time.Millisecond)
					return helix.Delivery{}, undelivered(x.unstarted)
				}}
				r, h := away(t, w, x.idempotent)
				v, err := h.Do(t.Context(), 21, x.options...)
				var u *helix.UndeliveredError
				if x.routed == helix.Remote {
					var run *helix.RunError
					if !errors.As(err, &u) || !errors.As(err, &run) || run.Strategy != helix.Remote {
						t.Errorf("%v", err)
					}
				} else if v != 42 || err != nil {
					t.Error(v, err)
				}
				balanced(t, r, map[helix.Strategy]uint64{x.routed: 1})
			})
		})
	}
}

func TestAJobThatComesBackHasWhatIsLeftOfItsTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{carry: func(ctx context.Context, p *helix.Parcel) (helix.Delivery, error) {
			time.Sleep(time.Until(p.Deadline) + 1)
			return helix.Delivery{}, undelivered(false)
		}}
		r, h := away(t, w, true)
		began := time.Now()
		_, err := h.Do(t.Context(), 1, helix.Budget(20*time.Millisecond))
		var u *helix.UndeliveredError
		if !errors.As(err, &u) || time.Since(began) > 21*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		balanced(t, r, map[helix.Strategy]uint64{helix.Remote: 1})
	})
}

func TestWhatAPeerSaysBecomesTheJobsEnd(t *testing.T) {
	for name, x := range map[string]struct {
		err  error
		end  helix.Disposition
		want func(error) bool
	}{
		"failed":   {&helix.PeerError{Peer: "p", Message: "no such thing"}, helix.Failed, func(err error) bool { var e *helix.PeerError; return errors.As(err, &e) }},
		"panicked": {&helix.PanicError{Value: "boom"}, helix.Panicked, func(err error) bool { var e *helix.PanicError; return errors.As(err, &e) }},
		"expired":  {helix.ErrExpired, helix.Expired, func(err error) bool { return err == helix.ErrExpired }},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{carry: func(context.Context, *helix.Parcel) (helix.Delivery, error) { return helix.Delivery{}, x.err }}
			r, h := away(t, w, true)
			if _, err := h.Do(t.Context(), 1); !x.want(err) {
				t.Errorf("%v", err)
			}
			balanced(t, r, map[helix.Strategy]uint64{helix.Remote: 1})
			if got := r.Stats().Kinds[0].Outcomes; got[x.end] != 1 {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestCallersAndCloseEndWhatIsAway(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{carry: func(ctx context.Context, _ *helix.Parcel) (helix.Delivery, error) {
			<-ctx.Done()
			return helix.Delivery{}, ctx.Err()
		}}
		r, h := away(t, w, true)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		if _, err := h.Do(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		f := h.Go(context.Background(), 1)
		synctest.Wait()
		short, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if err := r.Close(short); err != nil {
			t.Error(err)
		}
		if _, err := f.Wait(t.Context()); !errors.Is(err, helix.ErrClosed) {
			t.Error(err)
		}
		balanced(t, r, map[helix.Strategy]uint64{helix.Remote: 2})
	})
}

func TestWhatMayNotLeaveStays(t *testing.T) {
	w := &wire{carry: func(context.Context, *helix.Parcel) (helix.Delivery, error) {
		return helix.Delivery{}, errors.New("nothing was to be sent")
	}}
	r, h := away(t, w, false)
	if v, err := h.Do(t.Context(), 2); v != 4 || err != nil { // not idempotent
		t.Error(v, err)
	}
	if v, err := h.Do(t.Context(), 2, helix.AtMostOnce, helix.Here); v != 4 || err != nil {
		t.Error(v, err)
	}
	if v, err := helix.Do(t.Context(), r, helix.Hint{Kind: "double"}, func(context.Context) (int, error) { return 1, nil }); v != 1 || err != nil {
		t.Error(v, err)
	}
	if _, err := r.PatchConfig(helix.ConfigPatch{"remote_limit": 0}); err != nil {
		t.Fatal(err)
	}
	if v, err := h.Do(t.Context(), 2, helix.AtMostOnce); v != 4 || err != nil {
		t.Error(v, err)
	}
	if f, ok := r.Fleet(); !ok || f.Node != "here" {
		t.Error(f, ok)
	}
	balanced(t, r, map[helix.Strategy]uint64{helix.CPUPool: 4})
}

func TestAPayloadThatCannotBeWrittenStays(t *testing.T) {
	w := &wire{carry: func(context.Context, *helix.Parcel) (helix.Delivery, error) {
		return helix.Delivery{}, errors.New("nothing was to be sent")
	}}
	r := testRouter(t, nil, helix.WithTransport(w), helix.WithPolicy(sender{}))
	h, err := helix.Register(r, helix.Kind[chan int, int]{
		Name: "channel", Idempotent: true, Codec: helix.JSON[chan int, int](), Run: func(context.Context, chan int) (int, error) { return 3, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := h.Do(t.Context(), make(chan int)); v != 3 || err != nil {
		t.Error(v, err)
	}
	balanced(t, r, map[helix.Strategy]uint64{helix.CPUPool: 1})
}
