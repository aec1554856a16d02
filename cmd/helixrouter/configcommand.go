package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/configfile"
	"github.com/helixrouter/helix/remote/fleetstate"
)

func (p program) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "Show, check or push the configuration", Args: cobra.NoArgs,
		RunE: wantsCommand("show, check or push"),
	}
	c.AddCommand(p.configShow(), p.configCheck(), p.configPush())
	return c
}

func (p program) configShow() *cobra.Command {
	var path string
	var origin, asJSON bool
	c := &cobra.Command{
		Use: "show", Short: "Print the configuration that results from flags, environment, file and defaults", Args: cobra.NoArgs,
		Long: "Print the configuration that results from flags, environment, file and defaults.\nThe output is a valid configuration file, but for --origin --json.",
	}
	c.Flags().SortFlags = false
	c.Flags().BoolVar(&origin, "origin", false, "say which one won for each field")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON in place of YAML")
	addConfigFlags(c.Flags(), &path)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := readVariables(c.Flags(), p.environ); err != nil {
			return err
		}
		effective, err := p.configure(path, c.Flags())
		if err != nil {
			return err
		}
		text, err := showConfig(effective, origin, asJSON)
		fmt.Fprintln(p.stdout, text)
		return err
	}
	return c
}

func showConfig(e configfile.Effective, origin, asJSON bool) (string, error) {
	if asJSON {
		return showJSON(e, origin)
	}
	values := configfile.Values(e.Config)
	var lines []string
	for _, field := range helix.ConfigFields() {
		line := field + ": " + values[field]
		if origin {
			line = fmt.Sprintf("%-40s # %s", line, e.Origin(field))
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), nil
}

func showJSON(e configfile.Effective, origin bool) (string, error) {
	var shown any = e.Config
	if origin {
		type won struct {
			Value  json.RawMessage `json:"value"`
			Origin string          `json:"origin"`
		}
		fields := map[string]won{}
		for field, v := range configfile.Values(e.Config) {
			fields[field] = won{json.RawMessage(v), e.Origin(field).String()}
		}
		shown = fields
	}
	text, err := json.MarshalIndent(shown, "", "  ")
	return string(text), err
}

func (p program) configCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE", Short: "Check a configuration file alone; exit 3 with every fault", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := configfile.Load(configfile.Source{Path: args[0]}); err != nil {
				return exitf(exitConfig, "the configuration is invalid:\n%w", err)
			}
			fmt.Fprintf(p.stdout, "%s is valid\n", args[0])
			return nil
		},
	}
}

func (p program) configPush() *cobra.Command {
	var s fleetSettings
	var bucket string
	c := &cobra.Command{
		Use: "push FILE", Short: "Make a configuration file that of a whole fleet; exit 3 with every fault", Args: cobra.ExactArgs(1),
		Long: "Make a configuration file that of a whole fleet. The nodes that follow it (--fleet-share config) take it\nover within a second, each after checking it itself. The fleet's server needs a store.",
	}
	c.Flags().SortFlags = false
	s.addDialFlags(c.Flags())
	c.Flags().StringVar(&bucket, "bucket", fleetstate.DefaultBucket, "what the fleet's bucket is called")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := errors.Join(readVariables(c.Flags(), p.environ), s.read(p.environ)); err != nil {
			return err
		}
		if s.nats == "" {
			return exitf(exitUsage, "--nats is needed: say which fleet")
		}
		return p.push(c.Context(), &s, bucket, args[0])
	}
	return c
}

func (p program) push(ctx context.Context, s *fleetSettings, bucket, path string) error {
	effective, err := configfile.Load(configfile.Source{Path: path})
	if err != nil {
		return exitf(exitConfig, "the configuration is invalid:\n%w", err)
	}
	text, err := json.Marshal(effective.Config)
	if err != nil {
		return exitf(exitFailure, "%w", err)
	}
	conn, err := s.dialOnce(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer conn.Close()
	revision, err := fleetstate.PushConfig(ctx, conn.NATS(), bucket, text)
	if err != nil {
		return exitf(exitFailure, "%w", err)
	}
	fmt.Fprintf(p.stdout, "%s is the fleet's configuration, revision %d\n", path, revision)
	return nil
}

// wantsCommand is the end of a command that does nothing by itself.
func wantsCommand(which string) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		return fmt.Errorf("%s needs a command: %s", c.CommandPath(), which)
	}
}
