package loadgen

import (
	"context"
	"fmt"
	"time"

	"github.com/helixrouter/helix/internal/report"
	"github.com/helixrouter/helix/internal/scenario"
)

// Maker makes a subject anew for each run, so that no run learns from another.
type Maker struct {
	Name     string
	Settings string // how it is configured, for the reader of a result
	New      func() (Subject, error)
}

// Matrix is many runs: each subject in each scenario at each load with each seed.
type Matrix struct {
	Makers    []Maker
	Scenarios []string
	Loads     []float64
	Cores     int
	Duration  time.Duration
	Seed      uint64 // the first one
	Seeds     int    // consecutive ones; a row holds their medians
	Warmup    time.Duration
	Options   Options // of each run; Cores and Progress are set for it
	// Progress, if not nil, is called with the time that the runs so far and the
	// present one have taken of Total.
	Progress func(time.Duration)
	// Each, if not nil, gets each row as soon as there is one.
	Each func(report.Row)
}

// Total is how long the runs take, without what the subjects need to come to an end.
func (m *Matrix) Total() time.Duration {
	runs := len(m.Makers) * len(m.Scenarios) * len(m.Loads) * m.Seeds
	return time.Duration(runs) * (m.Duration + m.Warmup)
}

// Run makes all runs, one after the other, and returns a row for each subject,
// scenario and load. Subjects follow each other at the same load, so that what
// changes on the machine in the course of a long matrix meets all of them.
func (m *Matrix) Run(ctx context.Context) ([]report.Row, error) {
	var rows []report.Row
	var past time.Duration
	for _, name := range m.Scenarios {
		for _, load := range m.Loads {
			for _, maker := range m.Makers {
				row, err := m.cell(ctx, maker, name, load, past)
				if err != nil {
					return rows, err
				}
				past += time.Duration(m.Seeds) * (m.Duration + m.Warmup)
				rows = append(rows, row)
				if m.Each != nil {
					m.Each(row)
				}
			}
		}
	}
	return rows, nil
}

// cell makes the runs of one row.
func (m *Matrix) cell(ctx context.Context, maker Maker, name string, load float64, past time.Duration) (report.Row, error) {
	var rows []report.Row
	for i := range m.Seeds {
		o := scenario.Options{Load: load, Cores: m.Cores, Duration: m.Duration, Seed: m.Seed + uint64(i)}
		s, err := scenario.New(name, o)
		if err != nil {
			return report.Row{}, err
		}
		r, err := m.one(ctx, maker, s, past)
		if err != nil {
			return report.Row{}, fmt.Errorf("%s, %s at %gx: %w", maker.Name, name, load, err)
		}
		rows = append(rows, r.Row(s, Bound(s)))
		past += m.Duration + m.Warmup
	}
	return report.Median(rows), nil
}

// one makes one run on a subject of its own, after the warm-up.
func (m *Matrix) one(ctx context.Context, maker Maker, s *scenario.Scenario, past time.Duration) (Result, error) {
	subject, err := maker.New()
	if err != nil {
		return Result{}, err
	}
	defer subject.Close()
	o := m.Options
	o.Cores = m.Cores
	if m.Warmup > 0 {
		if err := m.warm(ctx, subject, s, o); err != nil {
			return Result{}, err
		}
	}
	if m.Progress != nil {
		o.Progress = func(d time.Duration) { m.Progress(past + m.Warmup + min(d, m.Duration)) }
	}
	return Run(ctx, subject, s, o)
}

// warmSeed is away from the seeds of the runs: a subject shall not meet the jobs
// that it will be measured with.
const warmSeed = 1 << 32

// warm feeds a shorter run of the same scenario and load, and waits for its end.
func (m *Matrix) warm(ctx context.Context, subject Subject, s *scenario.Scenario, o Options) error {
	so := s.Options()
	so.Duration, so.Seed = m.Warmup, so.Seed+warmSeed
	warm, err := scenario.New(s.Name, so)
	if err != nil {
		return err
	}
	_, err = Run(ctx, subject, warm, o)
	return err
}
