package helix_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/helixrouter/helix"
)

func nothing(context.Context) (struct{}, error) { return struct{}{}, nil }

// A refusal says why, and when to come back.
func ExampleShedError() {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close(context.Background())
	if err := r.InjectPressure(1, "database", time.Minute); err != nil {
		log.Fatal(err)
	}

	_, err = helix.Do(context.Background(), r, helix.Hint{Cost: 1}, nothing)
	var shed *helix.ShedError
	if errors.As(err, &shed) {
		fmt.Println(shed.Reason, errors.Is(err, helix.ErrShed), shed.RetryAfter > 0)
	}
	// Output: busy_gate true true
}

// Pressure that the router cannot see itself makes it shed earlier.
func ExampleRouter_InjectPressure() {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close(context.Background())

	fmt.Println(r.InjectPressure(0.75, "database", 30*time.Second), r.Pressure())
	fmt.Println(r.InjectPressure(75, "database", 30*time.Second))
	// Output:
	// <nil> 0.75
	// pressure: value 75 from "database", want a number in 0..1
}

// A subscriber sees each decision, with its reason.
func ExampleRouter_Subscribe() {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close(context.Background())
	decisions := r.Subscribe(16)
	defer decisions.Close()

	for _, cost := range []uint64{100, 10_000, 100_000} {
		if _, err := helix.Do(context.Background(), r, helix.Hint{Cost: cost}, nothing); err != nil {
			log.Fatal(err)
		}
	}
	for range 3 {
		d := <-decisions.Events()
		fmt.Println(d.Seq, d.ComputeCost, d.Strategy, d.Reason)
	}
	fmt.Println("lost:", decisions.Lost())
	// Output:
	// 1 100 inline cheap
	// 2 10000 spawn moderate
	// 3 100000 cpu_pool heavy
	// lost: 0
}

// Close lets what was admitted finish and refuses the rest.
func ExampleRouter_Close() {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var left *helix.CloseError
	switch err := r.Close(ctx); {
	case errors.As(err, &left):
		fmt.Println("still running:", left.Leftovers)
	default:
		fmt.Println("closed:", err)
	}
	_, err = helix.Do(ctx, r, helix.Hint{}, nothing)
	fmt.Println(errors.Is(err, helix.ErrClosed))
	// Output:
	// closed: <nil>
	// true
}
