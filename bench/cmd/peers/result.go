package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/helixrouter/helix/bench/place"
	"github.com/helixrouter/helix/internal/loadgen"
)

// result is what is written.
type result struct {
	Place     place.Place       `json:"place"`
	Command   string            `json:"command"`
	Seed      uint64            `json:"seed"`
	Seeds     int               `json:"seeds"`
	Callers   string            `json:"callers"`
	Programs  float64           `json:"cpu_fraction_of_other_programs"`
	Host      float64           `json:"cpu_fraction_of_other_machines"`
	Settings  map[string]string `json:"settings"`
	Rows      []loadgen.Cell    `json:"rows"`
	scenarios []string
	loads     []float64
	subjects  []string // in order
}

func newResult(m *loadgen.Matrix, before place.Use, cells []loadgen.Cell) *result {
	r := &result{
		Place:   place.Here(), // not before the runs: asking git opens pipes, see loadgen
		Command: "go run ./cmd/peers " + strings.Join(os.Args[1:], " "), Seed: m.Seed, Seeds: m.Seeds,
		Callers: "hang up when their job is late", Settings: map[string]string{}, Rows: cells,
		scenarios: m.Scenarios, loads: m.Loads,
	}
	r.Programs, r.Host = place.ReadUse().Disturbed(before)
	if m.Options.Patient {
		r.Callers = "wait for late jobs"
	}
	for _, maker := range m.Makers {
		r.Settings[maker.Name] = maker.Settings
		r.subjects = append(r.subjects, maker.Name)
	}
	return r
}

// write writes the two files of a result.
func (r *result) write(name string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name+".json", append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(name+".md", []byte(r.markdown()), 0o644)
}

func (r *result) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Live: Helix and its peers\n\n`%s`\n\n%s, seed %d", r.Command, r.Place, r.Seed)
	if r.Seeds > 1 {
		fmt.Fprintf(&b, " and the %d after it (medians)", r.Seeds-1)
	}
	fmt.Fprintf(&b, ". Callers %s. "+
		"Meanwhile other programs took %.1f %% of the CPUs and other machines on the host %.1f %%.\n\n",
		r.Callers, r.Programs*100, r.Host*100)
	b.WriteString("A ratio of 1 is the most jobs that anyone could finish inside their budgets with true sizes known in advance. " +
		"**Bold**: the best of its column. (In brackets): the cell does not count, as the generator lagged by 1 ms or more at p99 or the cores' speed changed by more than 5 %.\n")
	for _, name := range r.scenarios {
		fmt.Fprintf(&b, "\n## %s\n\nGoodput as a share of the bound's, by offered load:\n\n", name)
		r.ratios(&b, name)
		b.WriteString("\nEverything else:\n\n")
		r.details(&b, name)
	}
	b.WriteString("\n## Settings\n\n")
	for _, s := range r.subjects {
		fmt.Fprintf(&b, "- **%s**: %s\n", s, r.Settings[s])
	}
	return b.String()
}

// ratios is the table of subjects by loads.
func (r *result) ratios(b *strings.Builder, scenario string) {
	b.WriteString("| |")
	for _, load := range r.loads {
		fmt.Fprintf(b, " %gx |", load)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(r.loads)) + "\n")
	for _, s := range r.subjects {
		fmt.Fprintf(b, "| %s |", s)
		for _, load := range r.loads {
			fmt.Fprintf(b, " %s |", r.ratio(scenario, s, load))
		}
		b.WriteString("\n")
	}
}

func (r *result) ratio(scenario, subject string, load float64) string {
	best := 0.0
	var mine *loadgen.Cell
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.Scenario != scenario || row.Load != load {
			continue
		}
		if row.Counts() {
			best = max(best, row.RatioToBound)
		}
		if row.Policy == subject {
			mine = row
		}
	}
	switch {
	case mine == nil:
		return ""
	case !mine.Counts():
		return fmt.Sprintf("(%.3f)", mine.RatioToBound)
	case mine.RatioToBound == best:
		return fmt.Sprintf("**%.3f**", mine.RatioToBound)
	}
	return fmt.Sprintf("%.3f", mine.RatioToBound)
}

func (r *result) details(b *strings.Builder, scenario string) {
	b.WriteString("| | load | offered | goodput | bound | ratio | shed | expired | late | failed | p50 ms | p99 ms | wasted cores | decisions/s | lag p99 ms | drift |\n")
	b.WriteString("|---|" + strings.Repeat("---:|", 15) + "\n")
	for _, x := range r.Rows {
		if x.Scenario == scenario {
			fmt.Fprintf(b, "| %s | %g | %d | %.3f | %.3f | %.3f | %d | %d | %d | %d | %.2f | %.2f | %.3f | %.0f | %.2f | %.3f |\n",
				x.Policy, x.Load, x.Offered, x.GoodputFraction, x.BoundFraction, x.RatioToBound, x.Shed, x.Expired, x.Late, x.Failed,
				x.P50Seconds*1e3, x.P99Seconds*1e3, x.WastedCoreFraction, x.DecisionsPerSecond, x.GeneratorLagSeconds*1e3, x.Drift)
		}
	}
}
