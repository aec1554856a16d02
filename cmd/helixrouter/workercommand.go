package main

import "github.com/spf13/cobra"

const aboutWorker = `Take jobs of a fleet and run them here.

The worker connects with NATS, tells its load five times a second, and gives every job that comes to
a router of its own, which admits, sheds and explains it like any other. It serves the same pages and
metrics as the daemon. It sends no jobs itself and has no startup workload; --nats, or the address of
another node's mesh, says which fleet it is part of.

  helixrouter --cluster-listen 127.0.0.1:4222                  # a router that sends, with a server
  helixrouter worker --nats nats://127.0.0.1:4222 --port 8081  # and a worker

It runs the sample kinds. A worker of your own kinds is ten lines: see the example of package remote.`

// workerCommand is the daemon without work of its own.
func (p program) workerCommand() *cobra.Command {
	c := &cobra.Command{Use: "worker", Short: "Take jobs of a fleet", Long: aboutWorker, Args: cobra.NoArgs}
	s := p.daemonFlags(c.Flags())
	s.jobs, s.works = 0, true
	for _, name := range []string{"sim-jobs", "sim-seed", "trace"} {
		_ = c.Flags().MarkHidden(name) // a worker has no startup workload
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := s.read(c.Flags(), p.environ); err != nil {
			return err
		}
		if !s.fleet.on() {
			return exitf(exitUsage, "a worker needs a fleet: give --nats URL, or --cluster-mesh and --cluster-routes")
		}
		return p.serve(c.Context(), s)
	}
	return c
}
