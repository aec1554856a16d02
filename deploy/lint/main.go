package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

// checkTime bounds a check. The longest compiles the daemon, which takes a minute on two
// slow cores with nothing cached.
const checkTime = 5 * time.Minute

// check is one look at the kit. It returns what is wrong, and an error where it could not
// look.
type check struct {
	name string
	run  func(context.Context, kit) ([]string, error)
}

var checks = []check{
	{"dockerfile", checkDockerfile},
	{"dockerignore", checkDockerignore},
	{"manifests", checkManifests},
	{"kube-score", checkScore},
	{"metrics", checkMetrics},
	{"systemd", checkUnits},
	{"binary", checkBinary},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: lint ROOT, the root of the repository")
		os.Exit(2)
	}
	if n := lint(ctx, kit{root: os.Args[1], ci: os.Getenv("CI") == "true"}, os.Stdout); n > 0 {
		fmt.Printf("%d findings in the deploy kit\n", n)
		os.Exit(1)
	}
}

// lint runs all checks and returns how much they found.
func lint(ctx context.Context, k kit, out io.Writer) (found int) {
	for _, c := range checks {
		began := time.Now()
		findings, note := k.look(ctx, c)
		for _, f := range findings {
			fmt.Fprintf(out, "%s: %s\n", c.name, f)
		}
		fmt.Fprintf(out, "%-12s %d findings, %.1f s%s\n", c.name, len(findings), time.Since(began).Seconds(), note)
		found += len(findings)
	}
	return found
}
