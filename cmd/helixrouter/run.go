package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

const about = `helixrouter routes CPU work: it decides for each job whether it runs inline, on a
goroutine, on a bounded pool, in a batch, on another machine or not at all.

Without a command it listens, runs a startup workload of sample jobs, prints what
became of them, and serves until SIGTERM or SIGINT. Then it drains: not ready, no new
work, what was admitted finishes within --drain-timeout, requests are answered until
then. A second signal stops at once.

What the router learns outlives the process in --weights. A file that is of no use is
kept aside, with the reason in its name, and learning starts afresh.

Settings come by flag, then environment, then file, then default. Each configuration
field has a flag, a variable (cpu_parallelism: HELIX_CPU_PARALLELISM) and a name in the
file; "config show --origin" says which one won. A change of the file is live within a
second, SIGHUP reads it again, and an invalid one changes nothing. What was changed over
HTTP since is then overwritten.

Environment:
  HELIX_HTTP_ADDR       --addr             HELIX_LOG             --log-level
  HELIX_SIM_JOBS        --sim-jobs         HELIX_LOG_FORMAT      --log-format
  HELIX_SIM_SEED        --sim-seed         HELIX_DRAIN_TIMEOUT   --drain-timeout
  HELIX_CONFIG_PATH     --config           HELIX_HOSTS           --allow-host, comma separated
  HELIX_WEIGHTS_PATH    --weights          HELIX_LIVE_ADDR       --live-addr
  HELIX_TLS_CERT        --tls-cert         HELIX_TLS_KEY         --tls-key
  HELIX_MAX_STREAMS     --max-streams
  HELIX_NATS            --nats             HELIX_NATS_CREDS      --nats-creds
  HELIX_NODE            --node             HELIX_FLEET_SHARE     --fleet-share
  HELIX_CLUSTER_LISTEN  --cluster-listen   HELIX_CLUSTER_STORE   --cluster-store
  HELIX_CLUSTER_MESH    --cluster-mesh     HELIX_CLUSTER_ROUTES  --cluster-routes
  HELIX_FLEET_CA        --fleet-ca         HELIX_FLEET_CERT      --fleet-cert
  HELIX_FLEET_KEY       --fleet-key        HELIX_FLEET_SECRET    the secret itself
  OTEL_EXPORTER_OTLP_ENDPOINT  --otel-endpoint; the other OTEL_ variables count too
  HELIX_TOKEN           the bearer token itself; --token-file comes first
  RUST_LOG              a plain level, if HELIX_LOG is not set

Exit codes:
  0  drained, or the command did its work
  1  failure, such as a port in use, or a second signal
  2  a flag, argument or variable that cannot be used
  3  the configuration is invalid
  4  drained, but --drain-timeout cut jobs short`

// program is what a process gets from outside.
type program struct {
	environ        []string // "NAME=value"
	stdout, stderr io.Writer
}

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	root := program{environ, stdout, stderr}.command()
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	return settle(err, command.CommandPath(), stderr)
}

func (p program) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "helixrouter",
		Short:         "Route CPU work",
		Long:          about,
		SilenceErrors: true, // settle prints them
		SilenceUsage:  true,
	}
	p.serves(root)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	serve := &cobra.Command{Use: "serve", Short: "The same as no command", Args: cobra.NoArgs}
	p.serves(serve)
	root.AddCommand(serve, p.workerCommand(), p.enqueueCommand(), simulateCommand(p.stdout, p.stderr), benchCommand(p.stdout, p.stderr), replayCommand(p.stdout, p.stderr), p.explainCommand(), p.configCommand(), p.versionCommand(), answerProbesCommand())
	root.InitDefaultCompletionCmd() // here already, since without a RunE it would show its help for any word
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		c.RunE = wantsCommand("bash, zsh, fish or powershell")
	}
	return root
}

// serves makes a command run the daemon.
func (p program) serves(c *cobra.Command) {
	s := p.daemonFlags(c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := s.read(c.Flags(), p.environ); err != nil {
			return err
		}
		return p.serve(c.Context(), s)
	}
}
