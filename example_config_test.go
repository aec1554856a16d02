package helix_test

import (
	"context"
	"fmt"
	"log"

	"github.com/helixrouter/helix"
)

// The documented table can be asked without a router.
func ExampleChooseStrategy() {
	config := helix.DefaultConfig()
	for _, cost := range []uint64{8_000, 8_001, 60_000} {
		fmt.Println(cost, helix.ChooseStrategy(config, helix.Job{ComputeCost: cost, ScalingPotential: 0.5}, 0))
	}
	fmt.Println("busy:", helix.ChooseStrategy(config, helix.Job{ComputeCost: 1}, 7))
	// Output:
	// 8000 inline
	// 8001 spawn
	// 60000 cpu_pool
	// busy: drop
}

// A patch takes effect at once, or not at all.
func ExampleRouter_PatchConfig() {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close(context.Background())

	config, err := r.PatchConfig(helix.ConfigPatch{"cpu_parallelism": 16, "ema_alpha": nil})
	fmt.Println(config.CPUParallelism, config.EMAAlpha, err)

	_, err = r.PatchConfig(helix.ConfigPatch{"ema_alpha": 2, "batch_max_size": 0})
	fmt.Println(err)
	fmt.Println(r.Config().CPUParallelism)
	// Output:
	// 16 0.15 <nil>
	// invalid configuration, nothing was changed: batch_max_size = 0 must be between 1 and 4096; ema_alpha = 2 must be above 0 and at most 1
	// 16
}
