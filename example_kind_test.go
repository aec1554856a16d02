package helix_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/helixrouter/helix"
)

// A kind with a Batch function can share a slot with others like it.
func ExampleRegister() {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close(context.Background())

	shout, err := helix.Register(r, helix.Kind[string, string]{
		Name: "shout",
		Run: func(_ context.Context, s string) (string, error) {
			return strings.ToUpper(s), nil
		},
		Batch: func(_ context.Context, in []string) ([]helix.Result[string], error) {
			// One call for all of them: here is where a batch saves.
			together := strings.Split(strings.ToUpper(strings.Join(in, "\x00")), "\x00")
			out := make([]helix.Result[string], len(in))
			for i, s := range together {
				out[i].Value = s
			}
			return out, nil
		},
		Units: func(s string) uint64 { return uint64(len(s)) * 10_000 },
	})
	if err != nil {
		log.Fatal(err)
	}
	out, err := shout.Do(context.Background(), "hello, world", helix.Scaling(0.9), helix.Tenant("acme"))
	fmt.Println(out, err)
	fmt.Println(r.Decisions(1)[0].Strategy)
	// Output:
	// HELLO, WORLD <nil>
	// batch
}

// Go starts a job and lets its caller go on.
func ExampleFuture() {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close(context.Background())

	square, err := helix.Register(r, helix.Kind[int, int]{
		Name: "square",
		Run:  func(_ context.Context, x int) (int, error) { return x * x, nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	three, four := square.Go(ctx, 3), square.Go(ctx, 4)
	a, err := three.Wait(ctx)
	if err != nil {
		log.Fatal(err)
	}
	b, err := four.Wait(ctx)
	fmt.Println(a+b, err)
	// Output: 25 <nil>
}

// A job record names its kind; what is wrong with it comes back at once.
func ExampleRouter_Submit() {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close(context.Background())

	_, err = helix.Register(r, helix.Kind[helix.Job, []helix.Output]{
		Name: "Sum",
		Run: func(_ context.Context, j helix.Job) ([]helix.Output, error) {
			var sum uint64
			for _, v := range j.Inputs {
				sum += v
			}
			return []helix.Output{helix.U64(sum)}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	job := helix.Job{ID: 1, Kind: "Sum", Inputs: []uint64{42, 100}, ComputeCost: 1000, LatencyBudgetMS: 50}
	outs, err := r.Submit(context.Background(), job)
	fmt.Println(outs, err)

	job.Kind = "Product"
	_, err = r.Submit(context.Background(), job)
	fmt.Println(err)
	// Output:
	// [{"U64":142}] <nil>
	// kind "Product" takes no job records: register it, or use one of ["Sum"]
}
