package helix_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

// The paths that every job takes must not allocate: what they allocate, a flood
// of cheap or refused work makes the collector pay for.
func TestHotPathsAllocateNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	open, shut := newRouter(t, nil), newRouter(t, nil)
	if err := shut.InjectPressure(1, "test", time.Hour); err != nil {
		t.Fatal(err)
	}
	cheap, refused := register(t, open), register(t, shut)
	config, job := helix.DefaultConfig(), helix.Job{ComputeCost: 100_000}

	for name, path := range map[string]func(){
		"ChooseStrategy": func() { helix.ChooseStrategy(config, job, 3) },
		"Handle.Do inline, with options": func() {
			if v, err := cheap.Do(ctx, 3, helix.Cost(1), helix.Budget(time.Second), helix.ClassCritical); v != 9 || err != nil {
				t.Fatal(v, err)
			}
		},
		"Do inline, of a function that captures nothing": func() {
			hint := helix.Hint{Kind: "nothing", Cost: 1}
			if _, err := helix.Do(ctx, open, hint, func(context.Context) (int, error) { return 1, nil }); err != nil {
				t.Fatal(err)
			}
		},
		"shed at the busy gate": func() {
			if _, err := refused.Do(ctx, 3, helix.Cost(1)); !errors.Is(err, helix.ErrShed) {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path() // makes the kind and its histograms
			if n := testing.AllocsPerRun(1000, path); n != 0 {
				t.Errorf("%v allocations a call, want 0", n)
			}
		})
	}
}
