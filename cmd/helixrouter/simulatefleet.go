package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/helixrouter/helix/internal/fleetsim"
)

const aboutFleet = `fleet runs ways to choose between machines in a simulator: nodes with lanes, queues and speeds
of their own, and routers that hear of them late. two-choices is the code that the live client
runs. The same flags give the same bytes.

"best" sends each job to the node where it really ends first, with all sizes, speeds and
faults known. "p99/best" is the sojourn's p99 beside its. A job without a result counts with
its budget. "delay" is the sojourn less what the job takes on a node of full speed.

Ways: %s.`

// fleetPlan is what the flags say.
type fleetPlan struct {
	grid    fleetsim.Grid
	order   string
	reports []string
	asJSON  bool
}

// simulateFleetCommand is "helixrouter simulate fleet".
func simulateFleetCommand(stdout, stderr io.Writer) *cobra.Command {
	p := fleetPlan{grid: fleetsim.Grid{Options: fleetsim.DefaultOptions()}}
	c := &cobra.Command{
		Use: "fleet", Short: "Judge ways to choose between machines, on a thousand of them", Args: cobra.NoArgs,
		Long: fmt.Sprintf(aboutFleet, strings.Join(fleetsim.Ways(), ", ")),
	}
	g, f := &p.grid, c.Flags()
	f.IntVar(&g.Nodes, "nodes", g.Nodes, "machines, 2 to 1024")
	f.IntVar(&g.Senders, "senders", g.Senders, "routers, each with its own knowledge, 1 to 256")
	f.StringSliceVar(&g.Ways, "way", fleetsim.Ways(), "ways to choose; best runs in any case")
	f.Float64SliceVar(&g.Loads, "load", []float64{0.5, 0.8, 0.95, 1.2}, "offered core time over what the fleet can do")
	f.DurationSliceVar(&g.Stales, "stale", []time.Duration{100 * time.Millisecond, time.Second, 2 * time.Second}, "between two heartbeats of a node, 10ms to 2s")
	f.StringSliceVar(&p.reports, "reports", []string{"replies", "heartbeats"}, "what tells of a node's load: replies and heartbeats, or heartbeats alone")
	f.StringVar(&p.order, "order", g.Order.String(), "of what waits on a node: fifo or shortest")
	f.DurationVar(&g.Duration, "duration", g.Duration, "in which jobs arrive, in virtual time")
	f.DurationVar(&g.Mean, "mean", g.Mean, "core time of a job on a node of full speed")
	f.Float64Var(&g.Slow, "slow", g.Slow, "share of the nodes that are 2 to 10 times slower; half of them do not say so")
	f.Float64Var(&g.BlackHoles, "black-holes", 0, "share of the nodes that take jobs and never answer")
	f.Float64Var(&g.Liars, "liars", 0, "share of the nodes that always report idleness")
	f.Float64Var(&g.Dying, "dying", 0, "share of the nodes that end in mid-run")
	f.Uint64Var(&g.Seed, "seed", g.Seed, "of jobs, nodes and chance")
	f.BoolVar(&p.asJSON, "json", false, "print JSON")
	c.RunE = func(*cobra.Command, []string) error {
		rows, err := p.run(stderr)
		if err != nil {
			return err
		}
		return p.write(stdout, rows)
	}
	return c
}

func (p *fleetPlan) run(stderr io.Writer) (rows []fleetsim.Row, err error) {
	if p.grid.Order, err = fleetsim.ParseOrder(p.order); err != nil {
		return nil, err
	}
	for _, r := range p.reports {
		if r != "replies" && r != "heartbeats" {
			return nil, fmt.Errorf("reports %q: use replies or heartbeats", r)
		}
		p.grid.Reports = append(p.grid.Reports, r == "replies")
	}
	show, finish := simulateProgress(stderr)
	defer finish()
	p.grid.Done = show
	return p.grid.Run()
}

func (p *fleetPlan) write(stdout io.Writer, rows []fleetsim.Row) error {
	if p.asJSON {
		e := json.NewEncoder(stdout)
		e.SetIndent("", "  ")
		return e.Encode(rows)
	}
	t := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "way\tload\tstale\treports\toffered\tin time\tp50\tp99\tp99/best\tdelay p50\tdelay p99\trefused\texpired\tlate\tlost\t")
	for i := range rows {
		r := &rows[i]
		stale, reports := "-", "-"
		if r.StaleSeconds > 0 {
			stale, reports = inSeconds(r.StaleSeconds).String(), "heartbeats"
			if r.Replies {
				reports = "replies"
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%.4f\t%v\t%v\t%.2f\t%v\t%v\t%d\t%d\t%d\t%d\t\n",
			r.Way, strconv.FormatFloat(r.Load, 'g', 3, 64), stale, reports, r.Offered, r.InTime, inSeconds(r.P50Seconds), inSeconds(r.P99Seconds),
			r.P99ToBest, inSeconds(r.DelayP50), inSeconds(r.DelayP99), r.RefusedJobs, r.ExpiredJobs, r.LateJobs, r.LostJobs)
	}
	return t.Flush()
}

// inSeconds is a duration to a tenth of a millisecond.
func inSeconds(s float64) time.Duration {
	return time.Duration(s * 1e9).Round(100 * time.Microsecond)
}
