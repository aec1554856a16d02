package loadgen

import (
	"context"
	"fmt"
	"math"
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
	// Tries is how often a run is made anew, with the same seed, while it does not count
	// because of the machine: at least one. Only the generator's lag and the cores'
	// speed are asked, never the result, so that the choice favours nobody.
	Tries int
	// Options are those of each run; Cores and Progress are set for it, and so is Work
	// if it is nil: a kernel that is calibrated for each run.
	Options Options
	// Progress, if not nil, is called with the time that the runs so far and the
	// present one have taken of Total.
	Progress func(time.Duration)
	// Each, if not nil, gets each cell as soon as there is one.
	Each func(Cell)
}

// Total is how long the runs take, without what the subjects need to come to an end.
func (m *Matrix) Total() time.Duration {
	runs := len(m.Makers) * len(m.Scenarios) * len(m.Loads) * m.Seeds
	return time.Duration(runs) * (m.Duration + m.Warmup)
}

// Run makes all runs, one after the other, and returns a cell for each subject,
// scenario and load. Subjects follow each other at the same load, so that what
// changes on the machine in the course of a long matrix meets all of them.
func (m *Matrix) Run(ctx context.Context) ([]Cell, error) {
	var cells []Cell
	var past time.Duration
	for _, name := range m.Scenarios {
		for _, load := range m.Loads {
			for _, maker := range m.Makers {
				cell, err := m.cell(ctx, maker, name, load, past)
				if err != nil {
					return cells, err
				}
				past += time.Duration(m.Seeds) * (m.Duration + m.Warmup)
				cells = append(cells, cell)
				if m.Each != nil {
					m.Each(cell)
				}
			}
		}
	}
	return cells, nil
}

// cell makes the runs of one cell.
func (m *Matrix) cell(ctx context.Context, maker Maker, name string, load float64, past time.Duration) (Cell, error) {
	var rows []report.Row
	var sum Cell
	for i := range m.Seeds {
		o := scenario.Options{Load: load, Cores: m.Cores, Duration: m.Duration, Seed: m.Seed + uint64(i)}
		s, err := scenario.New(name, o)
		if err != nil {
			return Cell{}, err
		}
		c, err := m.counting(ctx, maker, s, past)
		if err != nil {
			return Cell{}, fmt.Errorf("%s, %s at %gx: %w", maker.Name, name, load, err)
		}
		rows = append(rows, c.Row)
		sum.Drift, sum.Tries = max(sum.Drift, c.Drift), sum.Tries+c.Tries
		past += m.Duration + m.Warmup
	}
	sum.Row = report.Median(rows)
	return sum, nil
}

// counting makes a run until it counts or there have been enough of it; then the last one stands.
func (m *Matrix) counting(ctx context.Context, maker Maker, s *scenario.Scenario, past time.Duration) (c Cell, err error) {
	for {
		r, drift, err := m.calibrated(ctx, maker, s, past)
		if err != nil {
			return Cell{}, err
		}
		c.Row, c.Drift, c.Tries = r.Row(s, s.Bound()), drift, c.Tries+1
		if c.Counts() || c.Tries >= m.Tries {
			return c, nil
		}
	}
}

// calibrated makes one run with a kernel of its own, and tells how far the cores'
// speed moved meanwhile.
func (m *Matrix) calibrated(ctx context.Context, maker Maker, s *scenario.Scenario, past time.Duration) (r Result, drift float64, err error) {
	o := m.Options
	if o.Work != nil {
		r, err = m.one(ctx, maker, s, o, past)
		return r, 0, err
	}
	before := Calibrate(m.Cores)
	o.Work = before.Run
	r, err = m.one(ctx, maker, s, o, past)
	after := Calibrate(m.Cores)
	return r, math.Abs(after.perMicrosecond/before.perMicrosecond - 1), err
}

// one makes one run on a subject of its own, after the warm-up.
func (m *Matrix) one(ctx context.Context, maker Maker, s *scenario.Scenario, o Options, past time.Duration) (Result, error) {
	subject, err := maker.New()
	if err != nil {
		return Result{}, err
	}
	defer subject.Close()
	o.Cores, o.kernelTimer = m.Cores, true
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
