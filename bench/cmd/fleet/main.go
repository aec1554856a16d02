// Command fleet measures the strategy remote on one machine: a router and workers, each a process of its own,
// on loopback. Its jobs sleep, so that a machine of two cores can stand for several; what is measured is where
// jobs go and when they are back. It owns processes and tables; how a job is sent is the business of
// package remote.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"
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
	duration time.Duration
	rate     float64
	slowness float64
	workers  int
	out      string
}

func command() *cobra.Command {
	var p plan
	c := &cobra.Command{Use: "fleet", Short: "Measure the strategy remote, live", Args: cobra.NoArgs, SilenceUsage: true}
	f := c.Flags()
	f.DurationVar(&p.duration, "duration", 10*time.Second, "of each run")
	f.Float64Var(&p.rate, "rate", 200, "jobs a second of the choice between two workers")
	f.Float64Var(&p.slowness, "slowness", 10, "how many times as slow the slow worker is")
	f.IntVar(&p.workers, "workers", 3, "workers at most, where goodput is measured against their number")
	f.StringVar(&p.out, "out", "results/fleet-live.md", "file to write; empty for none")
	c.RunE = func(c *cobra.Command, _ []string) error { return p.run(c.Context()) }
	c.AddCommand(workerCommand())
	return c
}

func (p plan) run(ctx context.Context) error {
	choice, err := p.choice(ctx)
	if err != nil {
		return err
	}
	growth, err := p.growth(ctx)
	if err != nil {
		return err
	}
	text := p.describe(choice, growth)
	fmt.Print(text)
	if p.out == "" {
		return nil
	}
	return os.WriteFile(p.out, []byte(text), 0o644)
}
