package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/study"
	"github.com/helixrouter/helix/workload"
)

const aboutReplay = `replay runs the jobs of a file under several policies in the simulator and says which jobs
they would have treated differently, and why. The same file gives the same bytes.

Policies: %s. The first one is what the others are compared with.

TRACE is what the daemon writes with --decision-log: then the first row is what was decided at the
time, and jobs that were refused are taken to be as long as others of their kind. Or it has one
job record a line, as POST /api/jobs takes them, with at_seconds (when it arrived) and
service_seconds (the core time that it took).`

// replayCommand is "helixrouter replay".
func replayCommand(stdout, stderr io.Writer) *cobra.Command {
	var r study.Replay
	var asJSON bool
	var set []string
	c := &cobra.Command{
		Use: "replay TRACE", Short: "Run recorded jobs under other policies and compare the decisions", Args: cobra.ExactArgs(1),
		Long: fmt.Sprintf(aboutReplay, strings.Join(study.Policies(), ", ")),
	}
	f := c.Flags()
	f.StringSliceVar(&r.Policies, "policy", []string{helix.PolicyAdaptive, helix.PolicyThreshold}, "policies")
	f.IntVar(&r.Cores, "cores", 2, "modelled cores")
	f.Float64Var(&r.Load, "load", 0, "stretch the arrivals to this share of the cores; 0 keeps their times")
	f.StringArrayVar(&set, "set", nil, setUsage)
	f.BoolVar(&asJSON, "json", false, "print JSON")
	c.RunE = func(_ *cobra.Command, args []string) (err error) {
		if r.Log, err = readLog(args[0], stderr); err != nil {
			return err
		}
		if r.Settings, err = readSettings(set); err != nil {
			return err
		}
		found, err := r.Run()
		if err != nil {
			return err
		}
		if asJSON {
			e := json.NewEncoder(stdout)
			e.SetIndent("", "  ")
			return e.Encode(found)
		}
		return printReplay(stdout, &found)
	}
	return c
}

func readLog(path string, stderr io.Writer) ([]workload.Entry, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	entries, cut, err := workload.ReadLog(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if cut {
		fmt.Fprintf(stderr, "%s: the last line is cut off and was left out\n", path)
	}
	workload.Complete(entries)
	return entries, nil
}

func printReplay(out io.Writer, r *study.Replayed) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "policy\tjobs\tgoodput\tshed\texpired\tlate\tp99\tdiffers")
	for _, p := range r.Policies {
		fmt.Fprintf(t, "%s\t%d\t%.3f\t%d\t%d\t%d\t%s\t%d\n", p.Policy, p.Jobs, p.Goodput, p.Shed, p.Expired, p.Late, milliseconds(p.P99Seconds), p.Differs)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return printDifferences(out, r)
}

func printDifferences(out io.Writer, r *study.Replayed) error {
	var b strings.Builder
	if len(r.Differences) > 0 {
		fmt.Fprintf(&b, "\nThe first jobs that went elsewhere than under %s:\n", r.Policies[0].Policy)
	}
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "\nat %.6f s\n", d.AtSeconds)
		for _, a := range d.Answers {
			fmt.Fprintf(&b, "  %s (%s): %s\n", a.Policy, a.Reason, a.Sentence)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
