// Command peers runs the live scenarios against Helix and every peer, and writes a
// table and a JSON file. It owns flags and files; how a run is made and what is
// compared are the business of loadgen and peer. It must never drop a row.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/bench/peer"
	"github.com/helixrouter/helix/bench/place"
	"github.com/helixrouter/helix/internal/loadgen"
	"github.com/helixrouter/helix/internal/report"
	"github.com/helixrouter/helix/internal/sim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := command().ExecuteContext(ctx)
	stop()
	if err != nil {
		os.Exit(1)
	}
}

// plan is what the flags say.
type plan struct {
	matrix   loadgen.Matrix
	subjects []string
	out      string
	svg      string
}

func command() *cobra.Command {
	var p plan
	c := &cobra.Command{Use: "peers", Short: "Measure Helix and its peers, live", Args: cobra.NoArgs, SilenceUsage: true}
	m, f := &p.matrix, c.Flags()
	f.StringSliceVar(&m.Scenarios, "scenario", []string{"steady"}, "scenarios")
	f.StringSliceVar(&p.subjects, "subject", []string{"all"}, "which to measure: "+strings.Join(names(), ", "))
	f.Float64SliceVar(&m.Loads, "load", []float64{0.5, 0.9, 1.2, 2, 5, 10}, "offered core time over the cores")
	f.IntVar(&m.Cores, "cores", 2, "cores to use")
	f.DurationVar(&m.Duration, "duration", 20*time.Second, "of each run")
	f.DurationVar(&m.Warmup, "warmup", 2*time.Second, "of each run, not counted: limits that adapt have to")
	f.Uint64Var(&m.Seed, "seed", 1, "of the jobs")
	f.IntVar(&m.Seeds, "seeds", 1, "runs with consecutive seeds, of which a row holds the medians")
	f.IntVar(&m.Tries, "tries", 3, "runs of a cell, until one counts: lag and core speed are asked, never the result")
	f.BoolVar(&m.Options.Patient, "patient", false, "callers wait for late jobs instead of hanging up")
	f.BoolVar(&m.Options.OwnThread, "own-thread", false, "give the generator a thread of its own; needs a core to spare")
	f.StringVar(&p.out, "out", "results/live", "files to write, without their endings")
	f.StringVar(&p.svg, "svg", "", "draw goodput and latency against load into this directory")
	c.RunE = func(c *cobra.Command, _ []string) error { return p.run(c) }
	return c
}

// makers are Helix as it comes, Helix with the threshold policy, twice, and the peers. The second
// of those has as many slots as cores: what a reader of the documentation would set.
func makers(cores int) []loadgen.Maker {
	config := sim.DefaultOptions(cores).Config
	table := config
	table.Policy = helix.PolicyThreshold
	return append([]loadgen.Maker{
		loadgen.RouterMaker("helix", config),
		loadgen.RouterMaker("helix-threshold", table),
		loadgen.RouterMaker("helix-threshold-sized", loadgen.Sized(helix.PolicyThreshold, cores)),
	}, peer.All(cores)...)
}

func names() (names []string) {
	for _, m := range makers(1) {
		names = append(names, m.Name)
	}
	return names
}

// choose picks the makers of the names that were given.
func (p *plan) choose() error {
	for _, m := range makers(p.matrix.Cores) {
		if slices.Contains(p.subjects, m.Name) || slices.Contains(p.subjects, "all") {
			p.matrix.Makers = append(p.matrix.Makers, m)
		}
	}
	for _, name := range p.subjects {
		if name != "all" && !slices.Contains(names(), name) {
			return fmt.Errorf("--subject %q: use all, or some of %s", name, strings.Join(names(), ", "))
		}
	}
	return nil
}

func (p *plan) run(c *cobra.Command) error {
	if err := p.choose(); err != nil {
		return err
	}
	m := &p.matrix
	before := place.ReadUse()
	stderr := c.ErrOrStderr()
	fmt.Fprintf(stderr, "%v of runs\n", m.Total())
	m.Each = func(c loadgen.Cell) {
		fmt.Fprintf(stderr, "%-22s %-12s %5.1fx  goodput %.3f of %.3f  lag p99 %.2f ms  drift %.3f  try %d\n",
			c.Policy, c.Scenario, c.Load, c.GoodputFraction, c.BoundFraction, c.GeneratorLagSeconds*1e3, c.Drift, c.Tries)
	}
	cells, err := m.Run(c.Context())
	if err != nil {
		return err
	}
	if p.svg != "" {
		if err := report.WriteSVG(p.svg, loadgen.Rows(cells)); err != nil {
			return err
		}
	}
	return newResult(m, before, cells).write(p.out)
}
