package loadgen

import (
	"context"
	"fmt"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/scenario"
)

// Router is Helix as a Subject.
type Router struct {
	name   string
	router *helix.Router
}

var _ Subject = (*Router)(nil)

// NewRouter makes a subject of a router with a configuration.
func NewRouter(name string, c helix.Config) (*Router, error) {
	r, err := helix.New(c)
	if err != nil {
		return nil, err
	}
	return &Router{name: name, router: r}, nil
}

// Sized returns the default configuration with a policy and as many slots as there
// are cores. The busy gate, which is made for eight slots, would refuse half of
// what two can do, so it is above the slots and leaves shedding to the queue.
func Sized(policy string, cores int) helix.Config {
	c := helix.DefaultConfig()
	c.Policy = policy
	c.CPUParallelism = cores
	c.BackpressureBusyThreshold = cores + 1
	return c
}

// Name implements Subject.
func (r *Router) Name() string { return r.name }

// Do implements Subject.
func (r *Router) Do(ctx context.Context, job scenario.Job, run func(context.Context) error) error {
	_, err := helix.Do(ctx, r.router, helix.Hint{
		Kind: job.Kind, Cost: job.Units, Scaling: job.Scaling, Budget: job.Budget, Class: job.Class, Tenant: job.Tenant,
	}, func(ctx context.Context) (struct{}, error) { return struct{}{}, run(ctx) })
	return err
}

// Close implements Subject.
func (r *Router) Close() {
	// The context never ends, so there is no error: Close waits for everything.
	_ = r.router.Close(context.Background())
}

// RouterMaker makes routers of one configuration.
func RouterMaker(name string, c helix.Config) Maker {
	return Maker{
		Name: name,
		Settings: fmt.Sprintf("policy %s, cpu_parallelism %d, backpressure_busy_threshold %d, the rest as it comes",
			c.Policy, c.CPUParallelism, c.BackpressureBusyThreshold),
		New: func() (Subject, error) { return NewRouter(name, c) },
	}
}
