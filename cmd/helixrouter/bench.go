package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/cupwriter"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/loadgen"
	"github.com/helixrouter/helix/internal/report"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
)

const aboutBench = `bench feeds scenarios to a live router: jobs arrive on schedule whatever becomes of
them, do real work on this machine's cores, and latency counts from the instant at
which a job was due. A row counts when the generator kept its schedule ("lag p99" below
1 ms) and the cores kept their speed; stderr names those that do not.

Policies: %s. A name that ends in -sized has as many slots as cores, and
no busy gate; the others are the default configuration.
Scenarios: %s, or all.`

// benchPlan is what the flags say.
type benchPlan struct {
	matrix   loadgen.Matrix
	policies []string
	asJSON   bool
	svg      string // directory
}

// benchCommand is "helixrouter bench".
func benchCommand(stdout, stderr io.Writer) *cobra.Command {
	var p benchPlan
	c := &cobra.Command{
		Use: "bench", Short: "Measure policies live, under open-loop load", Args: cobra.NoArgs,
		Long: fmt.Sprintf(aboutBench, strings.Join(benchPolicies, ", "), strings.Join(scenario.Names(), ", ")),
	}
	m, f := &p.matrix, c.Flags()
	f.StringSliceVar(&m.Scenarios, "scenario", []string{"steady"}, "scenarios, or all")
	f.StringSliceVar(&p.policies, "policy", []string{helix.PolicyAdaptive}, "policies")
	f.Float64SliceVar(&m.Loads, "load", []float64{0.5, 0.9, 1.2, 2, 5, 10}, "offered core time over the cores")
	f.IntVar(&m.Cores, "cores", 2, "cores to use")
	f.DurationVar(&m.Duration, "duration", 20*time.Second, "of each run")
	f.DurationVar(&m.Warmup, "warmup", 0, "of each run, not counted")
	f.Uint64Var(&m.Seed, "seed", 1, "of the jobs; the same seed gives the same jobs")
	f.IntVar(&m.Seeds, "seeds", 1, "runs with consecutive seeds, of which a row holds the medians")
	f.IntVar(&m.Tries, "tries", 3, "runs of a cell, until one counts: lag and core speed are asked, never the result")
	f.BoolVar(&m.Options.Patient, "patient", false, "callers wait for late jobs instead of hanging up")
	f.BoolVar(&m.Options.OwnThread, "own-thread", false, "give the generator a thread of its own; needs a core to spare")
	f.BoolVar(&p.asJSON, "json", false, "print JSON")
	f.StringVar(&p.svg, "svg", "", "draw goodput and latency against load into this directory")
	c.RunE = func(c *cobra.Command, _ []string) error {
		rows, err := p.run(c, stderr)
		if err != nil {
			return err
		}
		if p.svg != "" {
			if err := report.WriteSVG(p.svg, rows); err != nil {
				return err
			}
		}
		if p.asJSON {
			return report.WriteJSON(stdout, rows)
		}
		return report.WriteTable(stdout, rows)
	}
	return c
}

// run makes the runs.
func (p *benchPlan) run(c *cobra.Command, stderr io.Writer) ([]report.Row, error) {
	m := &p.matrix
	if err := p.complete(); err != nil {
		return nil, err
	}
	show, finish := benchProgress(stderr, m.Total())
	m.Progress = show
	cells, err := m.Run(c.Context())
	finish()
	doubt(stderr, cells)
	return loadgen.Rows(cells), err
}

// doubt tells which rows do not count.
func doubt(stderr io.Writer, cells []loadgen.Cell) {
	for i := range cells {
		if c := &cells[i]; !c.Counts() {
			fmt.Fprintf(stderr, "does not count: %s, %s at %gx: generator lag %.1f ms at p99, core speed changed by %.0f %%\n",
				c.Policy, c.Scenario, c.Load, c.GeneratorLagSeconds*1e3, c.Drift*100)
		}
	}
}

// complete turns names into what they stand for, and refuses what cannot be run
// before any of it does.
func (p *benchPlan) complete() error {
	m := &p.matrix
	if slices.Equal(m.Scenarios, []string{"all"}) {
		m.Scenarios = scenario.Names()
	}
	if m.Seeds < 1 {
		return fmt.Errorf("--seeds is %d: at least 1", m.Seeds)
	}
	for _, name := range m.Scenarios {
		for _, load := range m.Loads {
			o := scenario.Options{Load: load, Cores: m.Cores, Duration: m.Duration, Seed: m.Seed}
			if _, err := scenario.New(name, o); err != nil {
				return err
			}
		}
	}
	for _, name := range p.policies {
		maker, err := benchMaker(name, m.Cores)
		if err != nil {
			return err
		}
		m.Makers = append(m.Makers, maker)
	}
	return nil
}

// benchPolicies are the values of --policy.
var benchPolicies = []string{helix.PolicyAdaptive, helix.PolicyThreshold, helix.PolicyThreshold + sizedSuffix}

const sizedSuffix = "-sized"

func benchMaker(name string, cores int) (loadgen.Maker, error) {
	if !slices.Contains(benchPolicies, name) {
		return loadgen.Maker{}, fmt.Errorf("--policy %q: use one of %s", name, strings.Join(benchPolicies, ", "))
	}
	policy, sized := strings.CutSuffix(name, sizedSuffix)
	if sized {
		return loadgen.RouterMaker(name, loadgen.Sized(policy, cores)), nil
	}
	config := sim.DefaultOptions(cores).Config
	config.Policy = policy
	return loadgen.RouterMaker(name, config), nil
}

// benchProgress draws a bar on a terminal and nothing anywhere else.
func benchProgress(out io.Writer, total time.Duration) (show func(time.Duration), finish func()) {
	if !cupwriter.New(out, false).IsTerminal() {
		return nil, func() {}
	}
	bars := mpb.New(mpb.WithOutput(out))
	bar := bars.AddBar(int64(total), mpb.BarWidth(40), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name("bench "), decor.Percentage()),
		mpb.AppendDecorators(decor.AverageETA(decor.ET_STYLE_GO)))
	return func(d time.Duration) { bar.SetCurrent(int64(d)) }, func() {
		bar.Abort(true) // nothing once it is complete; else Wait would wait for the rest
		bars.Wait()
	}
}
