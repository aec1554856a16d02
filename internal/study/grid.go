package study

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/report"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
	"github.com/helixrouter/helix/workload"
)

// Grid is a comparison: every policy in every scenario at every load.
type Grid struct {
	Policies  []string
	Scenarios []string
	Loads     []float64 // with Trace, none means as recorded
	Cores     int
	Duration  time.Duration // with Trace, 0 means all of it
	Seed      uint64
	Seeds     int               // runs of each cell, with Seed, Seed+1, ...; the row is their median
	Trace     []workload.Record // replaces Scenarios
	Settings  helix.ConfigPatch // of every policy's configuration
	Progress  func(done, total int)
}

// maxSeeds bounds a slip of the finger; 20 are what a median with an interval needs.
const maxSeeds = 1000

// Run runs the cells one after the other and returns a row for each, policies of one
// scenario and load together.
func (g Grid) Run() ([]report.Row, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	names, loads := g.Scenarios, g.Loads // of what check has seen
	if g.Trace != nil {
		names = []string{"trace"}
	}
	if len(loads) == 0 {
		loads = []float64{0}
	}
	var rows []report.Row
	total := len(names) * len(loads) * len(g.Policies)
	for _, name := range names {
		for _, load := range loads {
			found, err := g.cell(name, load, func(policies int) { g.progress(len(rows)+policies, total) })
			if err != nil {
				return nil, err
			}
			rows = append(rows, found...)
		}
	}
	return rows, nil
}

func (g *Grid) progress(done, total int) {
	if g.Progress != nil {
		g.Progress(done, total)
	}
}

func (g *Grid) check() error {
	switch {
	case g.Seeds < 1 || g.Seeds > maxSeeds:
		return fmt.Errorf("seeds %d, want 1 to %d", g.Seeds, maxSeeds)
	case len(g.Policies) == 0:
		return errors.New("no policy to run")
	case g.Trace == nil && (len(g.Scenarios) == 0 || len(g.Loads) == 0):
		return errors.New("no scenario or no load to run")
	}
	for _, p := range g.Policies {
		if !slices.Contains(Policies(), p) {
			return fmt.Errorf("unknown policy %q: use one of %s", p, strings.Join(Policies(), ", "))
		}
	}
	return nil
}

// cell runs all policies on the same jobs: those of one scenario, load and seeds.
func (g *Grid) cell(name string, load float64, done func(policies int)) ([]report.Row, error) {
	bySeed := make([][]report.Row, len(g.Policies))
	for seed := range uint64(g.Seeds) {
		s, err := g.scenario(name, load, g.Seed+seed)
		if err != nil {
			return nil, err
		}
		most := s.Bound()
		for i, p := range g.Policies {
			o, err := options(p, g.Cores, g.Settings)
			if err != nil {
				return nil, err
			}
			got := fairness{}
			o.Ended = got.ended
			r, err := sim.Run(s, o)
			if err != nil {
				return nil, err
			}
			row := Row(p, s, &r, most)
			row.Tenants, row.LeastTenant = got.least(s)
			bySeed[i] = append(bySeed[i], row)
		}
	}
	rows := make([]report.Row, len(g.Policies))
	for i := range rows {
		rows[i] = report.Median(bySeed[i])
		done(i + 1)
	}
	return rows, nil
}

func (g *Grid) scenario(name string, load float64, seed uint64) (*scenario.Scenario, error) {
	o := scenario.Options{Load: load, Cores: g.Cores, Duration: g.Duration, Seed: seed}
	if g.Trace != nil {
		return scenario.FromTrace(g.records(), o)
	}
	return scenario.New(name, o)
}

func (g *Grid) records() iter.Seq2[workload.Record, error] {
	return func(yield func(workload.Record, error) bool) {
		for _, r := range g.Trace {
			if !yield(r, nil) {
				return
			}
		}
	}
}
