package main

import (
	"context"
	"time"

	"github.com/helixrouter/helix"
)

// nap is a job that sleeps: as long as its input says, times how slow its machine is.
func register(r *helix.Router, slowness float64) (*helix.Handle[time.Duration, string], error) {
	return helix.Register(r, helix.Kind[time.Duration, string]{
		Name: "nap", Idempotent: true, Codec: helix.JSON[time.Duration, string](),
		Units: func(d time.Duration) uint64 { return uint64(d) },
		Run: func(ctx context.Context, d time.Duration) (string, error) {
			timer := time.NewTimer(time.Duration(float64(d) * slowness))
			defer timer.Stop()
			select {
			case <-timer.C:
				return "", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		},
	})
}

// machine is the configuration of a machine that has as many lanes as there are cores here, however long its jobs
// sleep: the autoscaler would find that they do not compute.
func machine() helix.Config {
	c := helix.DefaultConfig()
	c.Autoscale = helix.AutoscaleOff
	return c
}
