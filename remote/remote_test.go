package remote_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote"
)

func TestAJobRunsOnAnotherMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startServer(t)
		defer stop(s)
		front, back := dial(t, s, "front"), dial(t, s, "back")
		defer front.Close()
		defer back.Close()
		r, err := helix.New(config(nil))
		if err != nil {
			t.Fatal(err)
		}
		registerKinds(t, r, "back")
		defer r.Close(t.Context())
		w, err := remote.NewWorker(back, r, remote.WorkerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close(t.Context())
		c, err := remote.NewClient(front, remote.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		time.Sleep(time.Second)
		d, err := c.Carry(t.Context(), &helix.Parcel{
			Kind: "nap", Payload: []byte("10"), Service: 10 * time.Millisecond, Quote: c.Quote("nap", 10*time.Millisecond),
		})
		if err != nil || string(d.Output) != `"back 10"` || d.Peer != "back" || d.Run != 10*time.Millisecond {
			t.Errorf("%+v %q, %v", d, d.Output, err)
		}
	})
}
