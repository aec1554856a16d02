// Command micro runs the micro benchmarks and writes their medians as a table, and
// what the go command printed beside it. It owns the table; what is measured is the
// business of package micro. It must never drop a row.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/helixrouter/helix/bench/place"
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
	bench, benchtime, out string
	count                 int
}

func command() *cobra.Command {
	var p plan
	c := &cobra.Command{Use: "micro", Short: "Measure what each path costs, beside its peers", Args: cobra.NoArgs, SilenceUsage: true}
	f := c.Flags()
	f.StringVar(&p.bench, "bench", ".", "which benchmarks, as go test takes it")
	f.StringVar(&p.benchtime, "benchtime", "300ms", "of each, as go test takes it")
	f.IntVar(&p.count, "count", 5, "runs, of which the table has the medians")
	f.StringVar(&p.out, "out", "results/micro", "files to write, without their endings")
	c.RunE = func(c *cobra.Command, _ []string) error { return p.run(c) }
	return c
}

func (p *plan) run(c *cobra.Command) error {
	before := place.ReadUse()
	args := []string{"test", "-run=^$", "-bench=" + p.bench, "-benchtime=" + p.benchtime, "-count=" + strconv.Itoa(p.count), "./micro"}
	var printed bytes.Buffer
	test := exec.CommandContext(c.Context(), "go", args...)
	test.Stdout, test.Stderr = io.MultiWriter(&printed, c.OutOrStdout()), c.ErrOrStderr()
	if err := test.Run(); err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	programs, host := place.ReadUse().Disturbed(before)
	head := fmt.Sprintf("# Micro: what each path costs\n\n`go run ./cmd/micro --bench %s --benchtime %s --count %d`\n\n%s. "+
		"Medians of %d runs; meanwhile other programs took %.1f %% of the CPUs and other machines on the host %.1f %%.\n",
		p.bench, p.benchtime, p.count, place.Here(), p.count, programs*100, host*100)
	if err := os.MkdirAll(filepath.Dir(p.out), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(p.out+".txt", printed.Bytes(), 0o644); err != nil { // for benchstat
		return err
	}
	return os.WriteFile(p.out+".md", []byte(head+table(read(printed.String()))), 0o644)
}
