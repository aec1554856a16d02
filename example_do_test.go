package helix_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/helixrouter/helix"
)

// Any function runs through a router with one call.
func ExampleDo() {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close(context.Background())

	hint := helix.Hint{Kind: "sum", Cost: 90_000, Budget: time.Second}
	sum, err := helix.Do(context.Background(), r, hint, func(context.Context) (int, error) {
		total := 0
		for i := range 101 {
			total += i
		}
		return total, nil
	})
	fmt.Println(sum, err)
	// Output: 5050 <nil>
}
