package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/helixrouter/helix"
)

// summary is what the startup workload did, as it is printed.
type summary struct {
	Completed              int           `json:"completed"`
	Dropped                int           `json:"dropped"`
	Expired                int           `json:"expired"`
	Failed                 int           `json:"failed"` // with those that panicked
	Canceled               int           `json:"canceled"`
	ElapsedSeconds         float64       `json:"elapsed_seconds"`
	InFlightLimit          int           `json:"inflight_limit"`
	AdaptiveSpawnThreshold uint64        `json:"adaptive_spawn_threshold"`
	Pressure               float64       `json:"pressure"`
	Strategies             []strategyRow `json:"strategies"`
	URL                    string        `json:"url"`
}

type strategyRow struct {
	Strategy   helix.Strategy `json:"strategy"`
	Jobs       uint64         `json:"jobs"`
	P95Seconds *float64       `json:"p95_seconds"` // null where no job ran to its end
}

func newSummary(o outcome, s helix.Stats, url string) summary {
	sum := summary{
		Completed: o.Completed, Dropped: o.Shed, Expired: o.Expired, Failed: o.Failed + o.Panicked, Canceled: o.Canceled,
		ElapsedSeconds: o.elapsed.Seconds(), InFlightLimit: o.limit,
		AdaptiveSpawnThreshold: s.AdaptiveSpawnThreshold, Pressure: s.Pressure.Score,
		Strategies: []strategyRow{}, URL: url,
	}
	for _, row := range s.Strategies {
		r := strategyRow{Strategy: row.Strategy, Jobs: row.Count}
		if row.Sojourn.Count() > 0 {
			p95 := row.Sojourn.Quantile(0.95).Seconds()
			r.P95Seconds = &p95
		}
		sum.Strategies = append(sum.Strategies, r)
	}
	// As the table of strategies goes, from the cheapest work on, not by name.
	slices.SortFunc(sum.Strategies, func(a, b strategyRow) int { return cmp.Compare(a.Strategy, b.Strategy) })
	return sum
}

// report prints the outcome of the startup workload.
func (d *daemon) report(o outcome) {
	if o.FirstFailure != nil {
		d.log.Error("jobs of the startup workload failed", slog.Int("failed", o.Failed+o.Panicked), slog.Any("first_failure", o.FirstFailure))
	}
	sum := newSummary(o, d.router.Stats(), d.url())
	if !d.settings.json {
		sum.print(d.stdout)
		return
	}
	if err := json.NewEncoder(d.stdout).Encode(sum); err != nil {
		d.log.Error("the summary cannot be written", slog.Any("error", err))
	}
}

func (s summary) print(out io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "completed: %d  dropped: %d\n", s.Completed, s.Dropped)
	if line := s.others(); line != "" {
		fmt.Fprintln(&b, line)
	}
	fmt.Fprintf(&b, "adaptive_spawn_threshold: %d   pressure: %.2f\n", s.AdaptiveSpawnThreshold, s.Pressure)
	fmt.Fprintf(&b, "elapsed: %.3f s   paced: at most %d jobs in flight, so that the busy gate stays open\n\n", s.ElapsedSeconds, s.InFlightLimit)
	fmt.Fprintf(&b, "strategy    jobs   p95\n")
	for _, r := range s.Strategies {
		fmt.Fprintf(&b, "%-10s  %4d   %s\n", r.Strategy, r.Jobs, r.p95())
	}
	fmt.Fprintln(&b)
	fmt.Fprint(out, b.String())
}

// others counts the ends that a good run does not have, "" when there are none.
func (s summary) others() string {
	var parts []string
	for _, end := range []struct {
		name string
		n    int
	}{{"expired", s.Expired}, {"failed", s.Failed}, {"canceled", s.Canceled}} {
		if end.n > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d", end.name, end.n))
		}
	}
	return strings.Join(parts, "  ")
}

func (r strategyRow) p95() string {
	if r.P95Seconds == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f ms", 1000**r.P95Seconds)
}
