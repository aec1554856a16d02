package sim

import (
	"fmt"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// Options are what a run needs beside its scenario.
type Options struct {
	Config   helix.Config // bounds and settings, as of the live router
	Policy   route.Policy // nil = the one that Config names
	Oracle   Oracle       // decides instead of Policy, knowing the truth; for tests
	Curves   map[string]Curve
	Batching Batching // what the adaptive policy makes of Curves
	Overhead Overhead
	// Effect, if not nil, is by how much the core time of a job of a kind differs on an
	// arm, with so many others running: what no model of its kind knows.
	Effect func(kind string, s route.Strategy, running int) float64
	// Decided, if not nil, is told of each decision before it is carried out: of the job's
	// attempt, which it must not keep, of what was decided, and of a way to the account, for
	// as long as the call lasts.
	Decided func(j *scenario.Job, d route.Decision, account func() policy.Account)
	// Ended, if not nil, is told of each attempt that ran to its end, which it must not keep.
	Ended func(j *scenario.Job, inTime bool)
}

// Curve is what a batch of a kind costs: Fixed + Share x the core time of its jobs
// when each runs alone. A kind without a curve cannot be batched.
type Curve struct {
	Fixed time.Duration
	Share float64
}

// CurvesOf are those of a scenario.
func CurvesOf(s *scenario.Scenario) map[string]Curve {
	curves := map[string]Curve{}
	for name, b := range s.Batches() {
		curves[name] = Curve(b)
	}
	return curves
}

// Batching is how far the adaptive policy's batches follow what was learned of them, for comparisons.
type Batching uint8

// The ways to batch.
const (
	LearnedBatching Batching = iota // as the live router does
	AlwaysBatching                  // up to the largest size, whatever the table sends there
	NeverBatching                   // no kind can be batched
)

// Overhead is the core time of a decision and of what carries it out, by strategy.
type Overhead [route.NumLocal]time.Duration

// DefaultOverhead is what the module's micro benchmarks cost on two small cores, in
// round numbers: a goroutine and a channel for what is handed over, and next to
// nothing for what is not. Only jobs of microseconds, or refusals by the hundred
// thousand a second, make it visible.
func DefaultOverhead() Overhead {
	return Overhead{
		route.Inline:  150 * time.Nanosecond,
		route.Spawn:   600 * time.Nanosecond,
		route.CPUPool: 600 * time.Nanosecond,
		route.Batch:   400 * time.Nanosecond,
		route.Drop:    100 * time.Nanosecond,
	}
}

// DefaultOptions are the live router's defaults, fitted to a number of cores: the
// default configuration's 8 slots are enough for up to 8 cores. For more, there are as many slots as
// cores, and the table's gate closes at one below, as the default one does.
func DefaultOptions(cores int) Options {
	c := helix.DefaultConfig()
	if cores > c.CPUParallelism {
		c.CPUParallelism, c.BackpressureBusyThreshold = cores, cores-1
		c.CPUQueueCap = max(c.CPUQueueCap, cores)
	}
	return Options{Config: c, Overhead: DefaultOverhead()}
}

// check reports what cannot be run.
func (o *Options) check() error {
	if err := o.Config.Validate(); err != nil {
		return err
	}
	for s, d := range o.Overhead {
		if d < 0 {
			return fmt.Errorf("sim: overhead %v of %v, want 0 or more", d, route.Strategy(s))
		}
	}
	for name, c := range o.Curves {
		if !(c.Share >= 0) || c.Fixed < 0 || c.Share == 0 && c.Fixed == 0 {
			return fmt.Errorf("sim: curve %+v of kind %q, want a share and a fixed part of 0 or more, and not both 0", c, name)
		}
	}
	return nil
}

// policyOf makes the policy that a configuration names.
func policyOf(c helix.Config) route.Policy {
	table := policy.Threshold{InlineThreshold: c.InlineThreshold, BusyThreshold: c.BackpressureBusyThreshold}
	if c.Policy == helix.PolicyAdaptive {
		return &policy.Adaptive{Table: table, Book: new(policy.Book)}
	}
	return &table
}
