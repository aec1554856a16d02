package remote_test

import (
	"context"
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote"
)

// registerShout is shared by the programs that send the kind and those that run it.
func registerShout(r *helix.Router) (*helix.Handle[string, string], error) {
	return helix.Register(r, helix.Kind[string, string]{
		Name: "shout", Idempotent: true, Codec: helix.JSON[string, string](),
		Run: func(_ context.Context, s string) (string, error) { return strings.ToUpper(s), nil },
	})
}

// A worker of one's own kinds: a program that runs until SIGTERM.
func ExampleNewWorker() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	r, _ := helix.New(helix.DefaultConfig())
	_, _ = registerShout(r)
	conn, err := remote.Dial(remote.Options{URL: "nats://10.0.0.7:4222", Credentials: "helix.creds"})
	if err != nil {
		return
	}
	defer conn.Close()
	w, err := remote.NewWorker(conn, r, remote.WorkerOptions{})
	if err != nil {
		return
	}
	<-ctx.Done()
	_ = w.Close(context.Background()) // answers what it has taken
	_ = r.Close(context.Background())
}

// A router that may send its jobs to the fleet's workers. Without any, it runs them itself.
func ExampleNewClient() {
	conn, err := remote.Dial(remote.Options{URL: "nats://127.0.0.1:14222"}) // nobody listens there: it goes on alone
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	client, err := remote.NewClient(conn, remote.ClientOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	r, _ := helix.New(helix.DefaultConfig(), helix.WithTransport(client))
	shout, _ := registerShout(r)
	fmt.Println(shout.Do(context.Background(), "hello"))
	_ = r.Close(context.Background())
	// Output: HELLO <nil>
}
