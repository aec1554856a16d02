package durable_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote/broker"
	"github.com/helixrouter/helix/remote/durable"
)

func Example() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "durable")
	defer func() { _ = os.RemoveAll(dir) }()
	server, err := broker.Start(broker.Options{StoreDir: dir})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	nc, err := nats.Connect("", nats.InProcessServer(server.InProcess()))
	if err != nil {
		panic(err)
	}
	defer nc.Close()

	q, err := durable.Open(ctx, nc, durable.Options{})
	if err != nil {
		panic(err)
	}
	receipt, err := q.Enqueue(ctx, durable.Job{ID: "letter-1", Kind: "shout", Payload: []byte(`"hello"`)})
	fmt.Println("stored:", receipt.Sequence, err)

	// On this machine or any other, now or later:
	r, _ := helix.New(helix.DefaultConfig())
	_, _ = helix.Register(r, helix.Kind[string, string]{
		Name: "shout", Codec: helix.JSON[string, string](),
		Run: func(_ context.Context, s string) (string, error) { return strings.ToUpper(s), nil },
	})
	w, err := durable.NewWorker(q, r, durable.WorkerOptions{})
	if err != nil {
		panic(err)
	}
	result, err := q.Result(ctx, "letter-1")
	fmt.Println(result.Status, string(result.Output), err)
	_ = w.Close(ctx)
	_ = r.Close(ctx)
	// Output:
	// stored: 1 <nil>
	// done "HELLO" <nil>
}
