package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/cupwriter"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/report"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/study"
	"github.com/helixrouter/helix/workload"
)

const aboutSimulate = `simulate runs policies in a simulator with a virtual clock: the live router's decisions
and measurements on as many modelled cores as wanted, a million jobs a second. The same flags
give the same bytes. "bound" is the share of the jobs that no router could exceed, and
"ratio" how much of that the policy reached.

Policies: %s.
Scenarios: %s, or all.

A trace has one job record a line, as POST /api/jobs takes them, with at_seconds (when it
arrived) and service_seconds (the core time that it took). It keeps its times unless --load
is given, which stretches them to that load.`

// simulatePlan is what the flags say.
type simulatePlan struct {
	grid   study.Grid
	trace  string
	set    []string
	svg    string
	asJSON bool
}

// simulateCommand is "helixrouter simulate".
func simulateCommand(stdout, stderr io.Writer) *cobra.Command {
	var p simulatePlan
	c := &cobra.Command{
		Use: "simulate", Short: "Judge policies in a simulator", Args: cobra.NoArgs,
		Long: fmt.Sprintf(aboutSimulate, strings.Join(study.Policies(), ", "), strings.Join(scenario.Names(), ", ")),
	}
	g, f := &p.grid, c.Flags()
	f.StringSliceVar(&g.Scenarios, "scenario", []string{"steady"}, "scenarios, or all")
	f.StringSliceVar(&g.Policies, "policy", []string{helix.PolicyAdaptive}, "policies")
	f.Float64SliceVar(&g.Loads, "load", []float64{0.5, 0.9, 1.2, 2, 5, 10}, "offered core time over the cores")
	f.IntVar(&g.Cores, "cores", 2, "modelled cores")
	f.DurationVar(&g.Duration, "duration", 20*time.Second, "in which jobs arrive, in virtual time")
	f.Uint64Var(&g.Seed, "seed", 1, "of the jobs")
	f.IntVar(&g.Seeds, "seeds", 1, "runs with consecutive seeds, of which a row holds the medians")
	f.StringVar(&p.trace, "trace", "", "take the jobs from this file instead of a scenario")
	f.StringArrayVar(&p.set, "set", nil, setUsage)
	f.StringVar(&p.svg, "svg", "", "draw goodput and latency against load into this directory")
	f.BoolVar(&p.asJSON, "json", false, "print JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := p.complete(c); err != nil {
			return err
		}
		rows, err := p.run(stderr)
		if err != nil {
			return err
		}
		return p.write(stdout, rows)
	}
	c.AddCommand(simulateFleetCommand(stdout, stderr))
	return c
}

// complete turns names into what they stand for.
func (p *simulatePlan) complete(c *cobra.Command) (err error) {
	g, f := &p.grid, c.Flags()
	if g.Settings, err = readSettings(p.set); err != nil {
		return err
	}
	if slices.Equal(g.Scenarios, []string{"all"}) {
		g.Scenarios = scenario.Names()
	}
	if p.trace == "" {
		return nil
	}
	if f.Changed("scenario") {
		return errors.New("--scenario and --trace exclude each other: a trace has its own jobs")
	}
	if !f.Changed("load") {
		g.Loads = nil
	}
	if !f.Changed("duration") {
		g.Duration = 0
	}
	g.Trace, err = readRecords(p.trace)
	return err
}

func readRecords(path string) ([]workload.Record, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	records := []workload.Record{}
	for r, err := range workload.ReadTrace(bufio.NewReader(file)) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		records = append(records, r)
	}
	return records, nil
}

func (p *simulatePlan) run(stderr io.Writer) ([]report.Row, error) {
	show, finish := simulateProgress(stderr)
	defer finish()
	p.grid.Progress = show
	return p.grid.Run()
}

func (p *simulatePlan) write(stdout io.Writer, rows []report.Row) error {
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

// simulateProgress draws a bar on a terminal and nothing anywhere else.
func simulateProgress(out io.Writer) (show func(done, total int), finish func()) {
	if !cupwriter.New(out, false).IsTerminal() {
		return nil, func() {}
	}
	bars := mpb.New(mpb.WithOutput(out))
	bar := bars.AddBar(0, mpb.BarWidth(40), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name("simulate "), decor.CountersNoUnit("%d/%d rows")))
	show = func(done, total int) {
		bar.SetTotal(int64(total), false)
		bar.SetCurrent(int64(done))
	}
	return show, func() {
		bar.Abort(true) // nothing once it is complete; else Wait would wait for the rest
		bars.Wait()
	}
}
