package remote_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote"
)

// startServer starts NATS in this process, without a listener.
func startServer(t testing.TB) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true, NoFastProducerStall: true, WriteDeadline: 2 * time.Second, PingInterval: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return s
}

// stop ends it, and waits.
func stop(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

func dial(t testing.TB, s *server.Server, node string) *remote.Conn {
	t.Helper()
	c, err := remote.Dial(remote.Options{Server: s, Node: node})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// kinds are what the routers of a rig know. Each sleeps for as many milliseconds as its input says,
// which in a bubble is exact and takes no time.
type kinds struct{ nap, fail, boom *helix.Handle[int, string] }

func registerKinds(t testing.TB, r *helix.Router, where string) kinds {
	t.Helper()
	register := func(name string, idempotent bool, run func(context.Context, int) (string, error)) *helix.Handle[int, string] {
		h, err := helix.Register(r, helix.Kind[int, string]{
			Name: name, Run: run, Idempotent: idempotent, Codec: helix.JSON[int, string](), Units: func(ms int) uint64 { return uint64(ms) },
		})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	return kinds{
		nap: register("nap", true, func(ctx context.Context, ms int) (string, error) {
			select {
			case <-time.After(time.Duration(ms) * time.Millisecond):
				return fmt.Sprint(where, " ", ms), nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}),
		fail: register("fail", true, func(context.Context, int) (string, error) { return "", errors.New("no such thing") }),
		boom: register("boom", true, func(context.Context, int) (string, error) { panic("boom") }),
	}
}

func config(change func(*helix.Config)) helix.Config {
	c := helix.DefaultConfig()
	if change != nil {
		change(&c)
	}
	return c
}
