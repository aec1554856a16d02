package remote_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote"
)

func TestAJobRunsOnAnotherMachine(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		n := f.worker("back", 1, nil)
		began := time.Now()
		v, err := f.nap.Do(t.Context(), 10, helix.Budget(time.Second), helix.Tenant("acme\n"), helix.ClassCritical, helix.JobID(7))
		if v != "back 10" || err != nil || time.Since(began) != 10*ms {
			t.Fatalf("%q, %v after %v", v, err, time.Since(began))
		}
		d := n.router.Decisions(10)[0]
		if d.JobID != 7 || d.Kind != "nap" || d.ComputeCost != 10 {
			t.Errorf("the worker knows it as %+v", d)
		}
		p := f.peer("back")
		if p.Sent != 1 || p.Done != 1 || p.Outstanding != 0 || p.InFlight != 0 || p.State != helix.PeerReady || len(p.Kinds) != 2 {
			t.Errorf("%+v", p)
		}
		fleet, _ := f.router.Fleet()
		if fleet.Sent != 1 || fleet.Done != 1 || !fleet.Connected || fleet.Node != "front" {
			t.Errorf("%+v", fleet)
		}
		future := f.nap.Go(t.Context(), 20)
		if v, err := future.Wait(t.Context()); v != "back 20" || err != nil {
			t.Error(v, err)
		}
	})
}

func TestWhatComesBack(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		f.worker("back", 1, nil)
		call := func(how string) error {
			_, err := f.router.Call(t.Context(), "odd", fmt.Appendf(nil, "%q", how))
			return err
		}
		var run *helix.RunError
		var peer *helix.PeerError
		if err := call("fail"); !errors.As(err, &run) || run.Strategy != helix.Remote || !errors.As(err, &peer) || peer.Message != "no such thing" || peer.Peer != "back" {
			t.Error(err)
		}
		var panicked *helix.PanicError
		if err := call("panic"); !errors.As(err, &panicked) || panicked.Value != "back: boom" || !strings.Contains(string(panicked.Stack), "registerOdd") {
			t.Error(err)
		}
		if err := call("codec"); !errors.As(err, &panicked) || panicked.Value != "back: bad bytes" {
			t.Error(err)
		}
		if err := call("refused inside"); errors.Is(err, helix.ErrShed) || !errors.As(err, &peer) {
			t.Errorf("a job's own error came back as %v", err)
		}
		if err := call("typed nil"); !errors.As(err, &panicked) {
			t.Errorf("an error whose method panics came back as %v", err)
		}
		if err := call("huge"); err == nil || !strings.Contains(err.Error(), "max_payload") {
			t.Error(err)
		}
		if err := call("fine"); err != nil {
			t.Error(err)
		}
	})
}

func TestAnInputTooLargeForAMessageStaysHere(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		f.worker("back", 1, nil)
		large := fmt.Appendf(nil, "%q", strings.Repeat("x", 2<<20))
		for range 3 {
			if _, err := f.router.Call(t.Context(), "odd", large); err != nil {
				t.Fatal(err)
			}
		}
		if p := f.peer("back"); p.Sent != 1 || p.State != helix.PeerReady { // the next two were not even offered
			t.Errorf("%+v", p)
		}
	})
}

func TestAWorkerRefusesWhatItDoesNotUnderstand(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		f.worker("back", 1, nil)
		for name, p := range map[string]*helix.Parcel{
			"malformed":    f.parcel("nap", "not a number"),
			"unknown_kind": {Kind: "strange", Payload: []byte("1"), Quote: f.quoteOf("back")},
		} {
			_, err := f.front.Carry(t.Context(), p)
			var u *helix.UndeliveredError
			if !errors.As(err, &u) || !u.Unstarted || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestWhatAWorkerHasNoRoomForRunsHere(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		n := f.worker("back", 1, nil)
		if err := n.router.InjectPressure(1, "test", time.Hour); err != nil { // its door is shut
			t.Fatal(err)
		}
		v, err := f.nap.Do(t.Context(), 10, helix.Budget(time.Second))
		if v != "front 10" || err != nil {
			t.Error(v, err)
		}
		if l := n.router.Stats().Ledger; l.Shed != 1 {
			t.Errorf("on the worker: %+v", l)
		}
		if p := f.peer("back"); p.Refused != 1 {
			t.Errorf("%+v", p)
		}
	})
}

func TestAJobExpiresOnTheWorker(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		n := f.worker("back", 1, func(c *helix.Config) { c.CPUParallelism = 1 })
		blocker := f.nap.Go(t.Context(), 500)
		time.Sleep(ms)
		began := time.Now()
		_, err := f.nap.Do(t.Context(), 10, helix.Budget(50*ms), helix.AtMostOnce)
		if err == nil || time.Since(began) != 50*ms {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if _, err := blocker.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		if l := n.router.Stats().Ledger; l.Expired+l.Canceled != 1 || n.ran.Load() != 1 {
			t.Errorf("on the worker %+v, %d began", l, n.ran.Load())
		}
	})
}

func TestOverflowLeavesByTheAdaptivePolicy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFleet(t, nil)
		defer f.end()
		n := f.worker("back", 1, nil)
		var all sync.WaitGroup
		var mu sync.Mutex
		where := map[string]int{}
		for i := range 400 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 2 * ms)
				v, err := f.nap.Do(t.Context(), 20, helix.Budget(200*ms), helix.Cost(20_000_000))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					v = err.Error()
				}
				where[v]++
			})
		}
		all.Wait()
		if where["back 20"] < 100 || where["front 20"] < 50 || where["back 20"]+where["front 20"] < 350 {
			t.Errorf("%v", where)
		}
		if l := n.router.Stats().Ledger; l.Imbalance != 0 || l.InFlight != 0 {
			t.Errorf("on the worker: %+v", l)
		}
		for _, d := range f.router.Decisions(1024) {
			if d.Strategy != helix.Remote {
				continue
			}
			e, err := f.router.Explain(d.Seq)
			if err != nil || e.Rule != "peer" || d.Peer != "back" || !strings.Contains(e.Sentence, "a peer's report of") {
				t.Errorf("%+v, %v", e, err)
			}
			return
		}
		t.Error("no decision to send a job was recorded")
	})
}

func TestTheBetterOfTwoIsTaken(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		f.worker("fast", 1, nil)
		f.worker("slow", 10, nil)
		for range 100 {
			if _, err := f.nap.Do(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
		}
		fast, slow := f.peer("fast"), f.peer("slow")
		if slow.Sent > 10 || fast.Sent < 90 {
			t.Errorf("%d to the fast one, %d to the slow one", fast.Sent, slow.Sent)
		}
	})
}

func TestAWorkerThatDrainsLosesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		n := f.worker("back", 1, nil)
		f.worker("other", 1, nil)
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * ms)
				if v, err := f.nap.Do(t.Context(), 30); err != nil {
					t.Errorf("%q, %v", v, err)
				}
			})
		}
		time.Sleep(50 * ms)
		n.leave(t)
		all.Wait()
		if f.front.Fleet().Returned != 0 && n.ran.Load() == 0 {
			t.Error("nothing ran on the worker that left")
		}
		if p := f.peer("back"); p.State != helix.PeerDraining && p.State != helix.PeerStale {
			t.Errorf("%+v", p)
		}
	})
}

func TestAWorkerThatCannotWaitTellsItsSenders(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		n := f.worker("back", 1, nil)
		hour := f.nap.Go(t.Context(), 3_600_000, helix.AtMostOnce)
		time.Sleep(10 * ms)
		short, cancel := context.WithTimeout(t.Context(), 100*ms)
		defer cancel()
		if err := n.worker.Close(short); err == nil || !strings.Contains(err.Error(), "1 job") {
			t.Error(err)
		}
		_, err := hour.Wait(t.Context())
		var u *helix.UndeliveredError
		if !errors.As(err, &u) || u.Unstarted {
			t.Error(err)
		}
	})
}

func TestTheServerIsGoneAndBack(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		n := f.worker("back", 1, nil)
		long := f.nap.Go(t.Context(), 60_000, helix.AtMostOnce)
		again := f.nap.Go(t.Context(), 60) // idempotent: it runs here when its answer is lost
		time.Sleep(10 * ms)
		f.power.off()
		began := time.Now()
		_, err := long.Wait(t.Context())
		var u *helix.UndeliveredError
		if !errors.As(err, &u) || time.Since(began) > 10*ms {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if v, err := again.Wait(t.Context()); v != "front 60" || err != nil {
			t.Error(v, err)
		}
		if v, err := f.nap.Do(t.Context(), 5); v != "front 5" || err != nil { // alone
			t.Error(v, err)
		}
		time.Sleep(30 * time.Second)
		f.power.server.Store(startServer(t, nil))
		back := time.Now()
		for {
			if v, err := f.nap.Do(t.Context(), 5); err != nil {
				t.Fatal(err)
			} else if v == "back 5" {
				break
			}
			if time.Since(back) > 10*time.Second {
				t.Fatalf("no job leaves 10 s after the server is back: %+v", f.front.Fleet())
			}
		}
		t.Logf("jobs leave again %v after the server is back", time.Since(back))
		if n.ran.Load() < 3 {
			t.Errorf("%d jobs began on the worker", n.ran.Load())
		}
	})
}

func TestAForbiddenSubjectSaysSo(t *testing.T) {
	permissions := func(o *server.Options) {
		o.Users = []*server.User{
			{Username: "front", Password: "x", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"helix.work.>"}}}},
			{Username: "back", Password: "x"},
		}
		o.NoAuthUser = "back"
	}
	bubble(t, func(t *testing.T) {
		f := newFleet(t, permissions, helix.WithPolicy(sender{}))
		f.worker("back", 1, nil)
		conn := f.dial(remote.Options{Node: "limited", User: "front", Password: "x"})
		client, err := remote.NewClient(conn, remote.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		began := time.Now()
		_, err = client.Carry(t.Context(), &helix.Parcel{Kind: "nap", Payload: []byte("5"), Service: 5 * ms, Repeatable: true, Quote: client.Quote("nap", 5*ms)})
		var u *helix.UndeliveredError
		if !errors.As(err, &u) || !u.Unstarted || !strings.Contains(err.Error(), "helix.work.back") || time.Since(began) > 100*ms {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		fleet := client.Fleet()
		if p := fleet.Peers[0]; p.State != helix.PeerEjected || !strings.Contains(p.Why, "helix.work.back") || fleet.LastError == "" {
			t.Errorf("%+v, last error %q", p, fleet.LastError)
		}
		client.Close()
		conn.Close()
		f.end()
	})
}

func TestSecondAttemptsComeOutOfABudget(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		f.worker("good", 2, nil) // so that the other one looks better
		for range 100 {          // earns ten
			if _, err := f.nap.Do(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		f.hole("hole", "0 0 64 0 1000000 false")
		began := f.front.Fleet()
		hole := f.quoteOf("hole")
		for range 20 {
			p := f.parcel("nap", "10")
			p.Quote = hole
			p.Deadline = time.Now().Add(300 * ms)
			_, _ = f.front.Carry(t.Context(), p)
		}
		fleet := f.front.Fleet()
		if hedges := fleet.Hedges - began.Hedges; hedges < 10 || float64(fleet.Hedges+fleet.Retries) > 0.1*float64(fleet.Done)+1e-9 {
			t.Errorf("%d hedges, %d retries for %d jobs done; budget %v", fleet.Hedges, fleet.Retries, fleet.Done, fleet.Budget)
		}
	})
}

func TestNoSecondAttemptsWhilePeersAreScarce(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		f.worker("good", 2, nil) // so that the other one looks better
		for range 100 {
			if _, err := f.nap.Do(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		h := f.hole("hole", idle)
		p := f.parcel("nap", "10")
		p.Quote = f.quoteOf("hole")
		p.Quote.Scarcity = 0.5
		p.Deadline = time.Now().Add(300 * ms)
		if _, err := f.front.Carry(t.Context(), p); err == nil {
			t.Error("an answer out of nowhere")
		}
		if fleet := f.front.Fleet(); fleet.Hedges != 0 || fleet.Retries != 0 {
			t.Errorf("%+v", fleet)
		}
		h.quiet()
	})
}

func TestAFutureEndsWithItsRouter(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		f.worker("back", 1, nil)
		future := f.nap.Go(context.Background(), 3_600_000)
		time.Sleep(10 * ms)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := f.router.Close(ctx); err != nil {
			t.Error(err)
		}
		if _, err := future.Wait(t.Context()); !errors.Is(err, helix.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestTracesCrossTheWire(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFleet(t, nil, helix.WithPolicy(sender{}))
		conn := f.dial(remote.Options{Node: "tracing"})
		client, err := remote.NewClient(conn, remote.ClientOptions{Inject: func(_ context.Context, h map[string][]string) { h["traceparent"] = []string{"00-1-2-01"} }})
		if err != nil {
			t.Fatal(err)
		}
		r, err := helix.New(helix.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		type key struct{}
		seen := make(chan any, 1)
		if _, err := helix.Register(r, helix.Kind[int, int]{Name: "look", Codec: helix.JSON[int, int](), Run: func(ctx context.Context, n int) (int, error) {
			seen <- ctx.Value(key{})
			return n, nil
		}}); err != nil {
			t.Fatal(err)
		}
		other := f.dial(remote.Options{Node: "back"})
		w, err := remote.NewWorker(other, r, remote.WorkerOptions{Extract: func(ctx context.Context, h map[string][]string) context.Context {
			return context.WithValue(ctx, key{}, h["traceparent"][0])
		}})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, err := client.Carry(t.Context(), &helix.Parcel{Kind: "look", Payload: []byte("1"), Service: ms, Quote: client.Quote("look", ms)}); err != nil {
			t.Error(err)
		}
		if got := <-seen; got != "00-1-2-01" {
			t.Errorf("%v", got)
		}
		if err := errors.Join(w.Close(t.Context()), r.Close(t.Context())); err != nil {
			t.Error(err)
		}
		client.Close()
		conn.Close()
		other.Close()
		f.end()
	})
}

func TestAWorkerThatLeavesIsWaitedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		n := f.worker("back", 1, nil)
		long := f.nap.Go(t.Context(), 10_000, helix.AtMostOnce) // five times as long as silence is forgiven
		time.Sleep(10 * ms)
		n.leave(t)
		if v, err := long.Wait(t.Context()); v != "back 10000" || err != nil {
			t.Errorf("%q, %v", v, err)
		}
	})
}

func TestAWorkerThatStartsAnewSaysWhatItNoLongerHas(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fleet) {
		n := f.worker("back", 1, nil)
		began := time.Now()
		lost := f.nap.Go(t.Context(), 3_600_000, helix.AtMostOnce)
		time.Sleep(10 * ms)
		n.conn.Close() // and another of its name is there at once, before anybody misses it
		f.worker("back", 1, nil)
		_, err := lost.Wait(t.Context())
		var u *helix.UndeliveredError
		if !errors.As(err, &u) || u.Unstarted || !strings.Contains(err.Error(), "anew") || time.Since(began) > 1500*ms {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if v, err := f.nap.Do(t.Context(), 5); v != "back 5" || err != nil {
			t.Errorf("%q, %v", v, err)
		}
	})
}
