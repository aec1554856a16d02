package remote_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote"
)

// A server that does not read holds up whoever writes to it, for 2 s at the most. It must not hold up whoever asks
// for a quote, since that is each job that might have left, nor a job beyond its time.
func TestALinkThatStallsHoldsNobodyUp(t *testing.T) {
	link := newLink(t, listen(t, &server.Options{}))
	conn, err := remote.Dial(remote.Options{URL: "nats://" + link.listener.Addr().String(), Node: "front"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	c, err := remote.NewClient(conn, remote.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	link.cut.Store(true)
	t.Cleanup(func() { link.cut.Store(false) })
	const budget = 1500 * ms
	payload := bytes.Repeat([]byte("x"), 1<<19) // 64 of them are more than the buffers on the way take
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			began := time.Now()
			_, err := c.Carry(t.Context(), &helix.Parcel{Kind: "nap", Payload: payload, Deadline: began.Add(budget)})
			if took := time.Since(began); took > budget+200*ms {
				t.Errorf("a job hung for %v, want its %v: %v", took, budget, err)
			}
			var lost *helix.UndeliveredError
			if !errors.As(err, &lost) {
				t.Error(err)
			}
		})
	}
	slowest := time.Duration(0)
	for end := time.Now().Add(budget); time.Now().Before(end); time.Sleep(ms) {
		began := time.Now()
		_ = c.Quote("nap", ms)
		slowest = max(slowest, time.Since(began))
	}
	all.Wait()
	t.Logf("the slowest quote took %v", slowest)
	if slowest > 200*ms {
		t.Errorf("a quote took %v: it waited for the link", slowest)
	}
}
