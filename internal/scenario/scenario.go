package scenario

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"time"
)

// Options say how much of a scenario is wanted.
type Options struct {
	// Load is the offered core time over the cores, as the mean of the whole run:
	// 1 is exactly what the cores can do. At 1, step goes 0.7x, 2x, 0.7x.
	Load     float64
	Cores    int           // that the load refers to
	Duration time.Duration // arrivals come in [0, Duration)
	Seed     uint64
}

// maxLoad bounds the load. A thousand times the cores is a typing error, and
// would only make jobs faster than anything can count them.
const maxLoad = 1000

// maxCores is more than any machine has, and keeps products far from overflow.
const maxCores = 1 << 16

func (o Options) check() error {
	switch {
	case !(o.Load > 0 && o.Load <= maxLoad): // also NaN
		return fmt.Errorf("scenario: load %v, want above 0 and at most %d", o.Load, maxLoad)
	case o.Cores < 1 || o.Cores > maxCores:
		return fmt.Errorf("scenario: %d cores, want 1 to %d", o.Cores, maxCores)
	case o.Duration <= 0:
		return fmt.Errorf("scenario: duration %v, want more than 0", o.Duration)
	}
	return nil
}

// Scenario is one job stream. It is immutable: Jobs starts anew at each call, and
// calls may run side by side.
type Scenario struct {
	Name    string
	options Options
	plan    plan  // how jobs are drawn
	trace   []Job // the jobs themselves, if they come from a trace
}

// New returns the scenario of a name. See Names.
func New(name string, o Options) (*Scenario, error) {
	for _, p := range plans {
		if p.name == name {
			if err := o.check(); err != nil {
				return nil, err
			}
			return &Scenario{Name: name, options: o, plan: p}, nil
		}
	}
	return nil, fmt.Errorf("scenario: unknown name %q: use one of %s", name, strings.Join(Names(), ", "))
}

// Names lists the scenarios.
func Names() []string {
	names := make([]string, len(plans))
	for i, p := range plans {
		names[i] = p.name
	}
	return names
}

// Options returns what the scenario was made with.
func (s *Scenario) Options() Options { return s.options }

// The streams of random bits. Each purpose has its own, so that another load
// moves the arrivals and leaves the jobs' sizes alone: runs at several loads
// differ by the load and not by luck.
const (
	gapStream = 1 + iota
	jobStream
	retryStream
)

// Jobs yields the first attempts in order of At.
func (s *Scenario) Jobs() iter.Seq[Job] {
	if s.trace != nil {
		return func(yield func(Job) bool) {
			for _, j := range s.trace {
				if !yield(j) {
					return
				}
			}
		}
	}
	return s.drawn
}

// drawn draws a Poisson process of rate 1 and stretches its time by the plan's shape.
func (s *Scenario) drawn(yield func(Job) bool) {
	gaps, sizes := newSource(s.options.Seed, gapStream), newSource(s.options.Seed, jobStream)
	meanGap := s.plan.meanService() / float64(s.options.Load*float64(s.options.Cores)) // ns
	even := 0.0                                                                        // ns, as if the rate were the mean all the time
	for id := uint64(0); ; id++ {
		even += float64(gaps.exponential() * meanGap)
		at := s.plan.shape(even, s.options.Duration)
		if !(at < float64(s.options.Duration)) || at > math.MaxInt64/2 {
			return
		}
		if !yield(s.plan.draw(sizes, id, time.Duration(at), s.options.Duration)) {
			return
		}
	}
}
