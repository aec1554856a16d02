package remote_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix"
)

// hole is a peer that takes jobs and never answers. It tells a load, until it is told to be quiet.
type hole struct {
	nc    *nats.Conn
	quit  chan struct{}
	beats sync.WaitGroup
	mu    sync.Mutex
	taken []*nats.Msg
}

// hole adds one; load is what it says of itself.
func (f *fleet) hole(node, load string) *hole {
	f.t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(f.power))
	if err != nil {
		f.t.Fatal(err)
	}
	h := &hole{nc: nc, quit: make(chan struct{})}
	if _, err := nc.Subscribe("helix.work."+node, func(m *nats.Msg) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.taken = append(h.taken, m)
	}); err != nil {
		f.t.Fatal(err)
	}
	h.beats.Go(func() {
		for {
			m := nats.NewMsg("helix.load." + node)
			m.Header.Set("Helix-Load", load)
			m.Data = []byte("nap")
			_ = nc.PublishMsg(m)
			select {
			case <-time.After(200 * ms):
			case <-h.quit:
				return
			}
		}
	})
	f.ends = append(f.ends, func() { h.quiet(); nc.Close() })
	time.Sleep(time.Second)
	return h
}

// quiet ends the heartbeat, as SIGSTOP does: the connection stays.
func (h *hole) quiet() {
	select {
	case <-h.quit:
	default:
		close(h.quit)
	}
	h.beats.Wait()
}

const idle = "0 0 4 0 100 false"

func TestAnAnswerThatNeverComesEndsTheWaitAtTheDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		f.hole("hole", idle)
		for _, option := range []helix.CallOption{helix.Cost(10), helix.AtMostOnce} {
			began := time.Now()
			_, err := f.nap.Do(t.Context(), 10, helix.Budget(80*ms), option)
			var u *helix.UndeliveredError
			if !errors.As(err, &u) || u.Unstarted || u.Peer != "hole" || time.Since(began) != 80*ms {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
		}
	})
}

func TestAPeerThatFallsSilentIsGivenUpAfterTwoSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		h := f.hole("hole", idle)
		began := time.Now()
		time.AfterFunc(100*ms, h.quiet)
		v, err := f.nap.Do(t.Context(), 10) // idempotent, without a deadline: it runs here after all
		if v != "front 10" || err != nil || time.Since(began) < 2*time.Second || time.Since(began) > 2300*ms {
			t.Errorf("%q, %v after %v", v, err, time.Since(began))
		}
		if p := f.peer("hole"); p.State != helix.PeerStale || p.Lost == 0 {
			t.Errorf("%+v", p)
		}
		if q := f.front.Quote("nap", 10*ms); q.Valid {
			t.Errorf("a silent peer is offered: %+v", q)
		}
	})
}

func TestAtMostOnceIsNotRunAgainWhateverHappens(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		h := f.hole("hole", idle)
		time.AfterFunc(100*ms, h.quiet)
		_, err := f.nap.Do(t.Context(), 10, helix.AtMostOnce)
		var u *helix.UndeliveredError
		if !errors.As(err, &u) || u.Unstarted || !strings.Contains(err.Error(), "may have run") || f.ran.Load() != 0 {
			t.Errorf("%v, it ran %d times here", err, f.ran.Load())
		}
	})
}

func TestAHungPeerIsEjectedAndTakenBackWhenItAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		h := f.hole("hole", idle)
		for range 5 {
			_, _ = f.nap.Do(t.Context(), 10, helix.Budget(20*ms), helix.AtMostOnce)
		}
		time.Sleep(30 * ms) // an answer of a moment later would have counted
		if p := f.peer("hole"); p.State != helix.PeerEjected || p.Lost != 5 || p.Why == "" {
			t.Fatalf("%+v", p)
		}
		began := time.Now()
		for !f.front.Quote("nap", 10*ms).Valid {
			time.Sleep(ms)
		}
		if waited := time.Since(began); waited < 900*ms || waited > 1100*ms {
			t.Errorf("it is tried again after %v", waited)
		}
		// One job tries it, and it answers now.
		h.quiet()
		sub, err := h.nc.Subscribe("helix.work.hole", func(m *nats.Msg) {
			a := nats.NewMsg(m.Reply)
			for name, value := range map[string]string{"Helix-Node": "hole", "Helix-Status": "done", "Helix-Load": idle} {
				a.Header.Set(name, value)
			}
			a.Data = []byte(`"again"`)
			_ = h.nc.PublishMsg(a)
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = sub.Unsubscribe() }()
		if err := h.nc.Flush(); err != nil {
			t.Fatal(err)
		}
		v, err := f.nap.Do(t.Context(), 10, helix.Budget(time.Second), helix.AtMostOnce)
		if p := f.peer("hole"); v != "again" || err != nil || p.State != helix.PeerReady {
			t.Errorf("%q, %v, %+v", v, err, p)
		}
	})
}

func TestALiarLosesItsShare(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		f.worker("honest", 2, nil) // so that the other one looks better
		// Its jobs take 20 times as long, and it says that it is idle; its answers' own account of
		// their run is a lie as well.
		nc, err := nats.Connect("", nats.InProcessServer(f.power))
		if err != nil {
			t.Fatal(err)
		}
		var lies sync.WaitGroup
		quit := make(chan struct{})
		if _, err := nc.Subscribe("helix.work.liar", func(m *nats.Msg) {
			lies.Go(func() {
				time.Sleep(200 * ms)
				a := nats.NewMsg(m.Reply)
				for name, value := range map[string]string{"Helix-Node": "liar", "Helix-Status": "done", "Helix-Load": idle, "Helix-Run-Ns": "10000000"} {
					a.Header.Set(name, value)
				}
				a.Data = []byte(`"liar"`)
				_ = nc.PublishMsg(a)
			})
		}); err != nil {
			t.Fatal(err)
		}
		lies.Go(func() {
			for {
				m := nats.NewMsg("helix.load.liar")
				m.Header.Set("Helix-Load", idle)
				m.Data = []byte("nap")
				_ = nc.PublishMsg(m)
				select {
				case <-time.After(200 * ms):
				case <-quit:
					return
				}
			}
		})
		f.ends = append(f.ends, func() { close(quit); lies.Wait(); nc.Close() })
		time.Sleep(time.Second)
		for range 200 {
			if _, err := f.nap.Do(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
		}
		honest, liar := f.peer("honest"), f.peer("liar")
		if liar.Sent > honest.Sent/4 || liar.Sent == 0 {
			t.Errorf("the liar got %d jobs, the honest one %d; overhead %v, doubt %v", liar.Sent, honest.Sent, liar.Overhead, liar.Doubt)
		}
	})
}

func TestNoOneToSendToIsAnswerEnough(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		if v, err := f.nap.Do(t.Context(), 5); v != "front 5" || err != nil {
			t.Error(v, err)
		}
		n := f.worker("gone", 1, nil)
		n.vanish(t)
		synctest.Wait() // the server has seen that it is gone
		began := time.Now()
		if v, err := f.nap.Do(t.Context(), 5); v != "front 5" || err != nil || time.Since(began) > 10*ms {
			t.Errorf("%q, %v after %v", v, err, time.Since(began))
		}
	})
}

func TestACallerThatLeavesIsToldAtOnceAndItsJobEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		n := f.worker("back", 1, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 30*ms)
		defer cancel()
		began := time.Now()
		_, err := f.nap.Do(ctx, 60_000)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 30*ms {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		time.Sleep(10 * ms)
		if l := n.router.Stats().Ledger; l.InFlight != 0 || l.Canceled != 1 {
			t.Errorf("on the worker: %+v", l)
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(20*ms, cancel)
		if _, err := f.nap.Do(ctx, 60_000); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		time.Sleep(10 * ms)
		if l := n.router.Stats().Ledger; l.InFlight != 0 || l.Canceled != 2 {
			t.Errorf("on the worker: %+v", l)
		}
		if p := f.peer("back"); p.Outstanding != 0 || p.Lost > 1 {
			t.Errorf("%+v", p)
		}
	})
}
