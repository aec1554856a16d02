package workload_test

import (
	"context"
	"slices"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/kernel"
	"github.com/helixrouter/helix/workload"
)

// TestRunEndsEveryJob sends the documented workload through a router. What is shed
// depends on the machine; that nothing is lost or fails does not.
func TestRunEndsEveryJob(t *testing.T) {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := kernel.Register(r); err != nil {
		t.Fatal(err)
	}
	s := workload.Run(t.Context(), r, slices.Values(workload.New(7).Jobs(200)), 4, nil)
	if err := r.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if s.Done() != 200 || s.Failed+s.Panicked+s.Canceled != 0 || s.Completed == 0 {
		t.Errorf("%+v: want 200 ends, none of them failed, panicked or canceled", s)
	}
}
