package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/helixrouter/helix"
)

const aboutExplain = `explain asks a running daemon why a job went where it went: one sentence with the numbers,
and what was predicted of each way to run it. SEQ is the number of the decision, as
GET /api/decisions lists them. The last 1024 that were recorded are kept.`

// explainPlan is what the flags say.
type explainPlan struct {
	addr   string
	last   bool
	asJSON bool
}

func (p program) explainCommand() *cobra.Command {
	plan := explainPlan{addr: defaultAddr}
	c := &cobra.Command{
		Use: "explain SEQ | --last", Short: "Say why a running daemon decided as it did", Long: aboutExplain,
		Args: cobra.MaximumNArgs(1),
	}
	f := c.Flags()
	f.Var(flagValue[string]{&plan.addr, parseAddress, "host:port"}, "addr", "where the daemon listens")
	f.BoolVar(&plan.last, "last", false, "the decision that was recorded last")
	f.BoolVar(&plan.asJSON, "json", false, "print what the daemon answers, JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := readVariables(f, p.environ); err != nil {
			return err
		}
		if plan.last == (len(args) == 1) {
			return errors.New("give the number of a decision, or --last")
		}
		return plan.run(c, args, p.stdout)
	}
	return c
}

func (p *explainPlan) run(c *cobra.Command, args []string, stdout io.Writer) error {
	d := dialled(p.addr)
	seq, err := p.seq(c, d, args)
	if err != nil {
		return err
	}
	text, err := d.get(c.Context(), fmt.Sprintf("/api/decisions/%d", seq))
	if err != nil {
		return err
	}
	if p.asJSON {
		_, err = fmt.Fprintf(stdout, "%s\n", text)
		return err
	}
	var e helix.Explanation
	if err := json.Unmarshal(text, &e); err != nil {
		return exitf(exitFailure, "%s does not answer as a daemon of this version: %w", p.addr, err)
	}
	return printExplanation(stdout, e)
}

// seq is the number that was asked for.
func (p *explainPlan) seq(c *cobra.Command, d dial, args []string) (uint64, error) {
	if !p.last {
		seq, err := strconv.ParseUint(args[0], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("SEQ %q: must be a whole number, such as the seq of a decision", args[0])
		}
		return seq, nil
	}
	text, err := d.get(c.Context(), "/api/decisions?n=1")
	if err != nil {
		return 0, err
	}
	var found []helix.Decision
	if err := json.Unmarshal(text, &found); err != nil {
		return 0, exitf(exitFailure, "%s does not answer as a daemon of this version: %w", p.addr, err)
	}
	if len(found) == 0 {
		return 0, exitf(exitFailure, "%s has recorded no decision yet: submit a job", p.addr)
	}
	return found[0].Seq, nil
}

func printExplanation(out io.Writer, e helix.Explanation) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s\n\n", e.Sentence)
	fmt.Fprintln(t, "strategy\tallowed\twait\trun\tmiss\tloss")
	for _, a := range e.Arms {
		name, allowed := a.Strategy.String(), "yes"
		if a.Chosen {
			name += " *"
		}
		if !a.Allowed {
			allowed = "no"
		}
		if a.Run == 0 { // nothing is predicted of it
			fmt.Fprintf(t, "%s\t%s\t-\t-\t-\t-\n", name, allowed)
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.0f %%\t%.3f\n", name, allowed, milliseconds(a.Wait), milliseconds(a.Run), 100*a.Miss, a.Loss)
	}
	return t.Flush()
}

func milliseconds(seconds float64) string {
	return strconv.FormatFloat(1000*seconds, 'g', 3, 64) + " ms"
}
