package loadgen_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/loadgen"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// evenly is a stream of equal jobs at equal distances.
type evenly struct {
	jobs    int
	gap     time.Duration
	service time.Duration
	budget  time.Duration
	retries int
}

func (e evenly) Jobs() iter.Seq[scenario.Job] {
	return func(yield func(scenario.Job) bool) {
		for i := range e.jobs {
			at := time.Duration(i) * e.gap
			if !yield(scenario.Job{At: at, First: at, ID: uint64(i), Kind: "even", Service: e.service, Budget: e.budget}) {
				return
			}
		}
	}
}

func (e evenly) Retry(j scenario.Job, refusedAt time.Duration) (scenario.Job, bool) {
	if j.Attempt == e.retries {
		return j, false
	}
	j.At, j.Attempt = refusedAt+20*time.Millisecond, j.Attempt+1
	return j, true
}

func (evenly) Cores(time.Duration) float64                   { return 2 }
func (evenly) NextCores(time.Duration) (time.Duration, bool) { return 0, false }

// subject is a subject made of one function.
type subject func(ctx context.Context, job scenario.Job, run func(context.Context) error) error

func (s subject) Do(ctx context.Context, job scenario.Job, run func(context.Context) error) error {
	return s(ctx, job, run)
}
func (subject) Name() string { return "test" }
func (subject) Close()       {}

// sleep is work that takes its time and no core.
func sleep(ctx context.Context, d time.Duration, spent func(time.Duration)) error {
	select {
	case <-time.After(d):
		spent(d)
		return nil
	case <-ctx.Done():
		spent(d / 2)
		return ctx.Err()
	}
}

func run(t *testing.T, s loadgen.Subject, stream loadgen.Stream, change func(*loadgen.Options)) loadgen.Result {
	t.Helper()
	o := loadgen.Options{Work: sleep, Cores: 2}
	if change != nil {
		change(&o)
	}
	r, err := loadgen.Run(t.Context(), s, stream, o)
	if err != nil {
		t.Fatal(err)
	}
	if sum := r.Done + r.Late + r.Shed + r.Expired + r.Failed; sum != r.Offered {
		t.Errorf("%d jobs offered, %d accounted for: %+v", r.Offered, sum, r)
	}
	return r
}

var always = subject(func(ctx context.Context, _ scenario.Job, run func(context.Context) error) error { return run(ctx) })

func TestJobsStartOnScheduleAndAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, always, evenly{jobs: 100, gap: time.Millisecond, service: 3 * time.Millisecond, budget: 5 * time.Millisecond}, nil)
		if r.Done != 100 || r.Lag.Max != 0 || r.Latency.P50 != 3*time.Millisecond || r.Latency.Max != 3*time.Millisecond {
			t.Errorf("%+v", r)
		}
		if r.Useful != 300*time.Millisecond || r.Wasted != 0 || r.Wall != 102*time.Millisecond || r.CoreTime != 2*r.Wall {
			t.Errorf("%+v", r)
		}
	})
}

// The generator must not wait for a subject that stalls, and the jobs that were due
// meanwhile must show it: a generator that omits them would report one slow job.
func TestAStallShowsInTheJobsThatWereDueDuringIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gate sync.RWMutex
		stalls := subject(func(ctx context.Context, job scenario.Job, run func(context.Context) error) error {
			if job.At == 100*time.Millisecond {
				gate.Lock()
				time.Sleep(200 * time.Millisecond)
				gate.Unlock()
				return run(ctx)
			}
			for !gate.TryRLock() { // a bubble's clock stands while a mutex is waited for
				time.Sleep(time.Millisecond)
			}
			defer gate.RUnlock()
			return run(ctx)
		})
		r := run(t, stalls, evenly{jobs: 1000, gap: time.Millisecond, service: time.Millisecond}, nil)
		if r.Lag.Max != 0 || r.Done != 1000 {
			t.Errorf("the generator waited: %+v", r)
		}
		// A fifth of the jobs were due during the stall and waited 100 ms in the mean.
		if r.Latency.P50 > 2*time.Millisecond || r.Latency.P99 < 185*time.Millisecond || r.Latency.Max < 200*time.Millisecond {
			t.Errorf("the stall is omitted: %+v", r.Latency)
		}
	})
}

func TestCallersHangUpWhenTheJobIsLate(t *testing.T) {
	slow := evenly{jobs: 10, gap: time.Millisecond, service: 20 * time.Millisecond, budget: 8 * time.Millisecond}
	synctest.Test(t, func(t *testing.T) {
		r := run(t, always, slow, nil)
		if r.Late != 10 || r.Wasted != 100*time.Millisecond || r.Wall != 17*time.Millisecond || r.Latency.Max != 0 {
			t.Errorf("%+v", r)
		}
		r = run(t, always, slow, func(o *loadgen.Options) { o.Patient = true })
		if r.Late != 10 || r.Wasted != 200*time.Millisecond || r.Wall != 29*time.Millisecond || r.Latency.Max != 20*time.Millisecond {
			t.Errorf("patient: %+v", r)
		}
	})
}

func TestWorkThatOutlivesItsCallerIsWaitedForAndWasted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leaves := subject(func(ctx context.Context, _ scenario.Job, run func(context.Context) error) error {
			go func() { _ = run(context.WithoutCancel(ctx)) }()
			<-ctx.Done()
			return ctx.Err()
		})
		r := run(t, leaves, evenly{jobs: 5, gap: time.Millisecond, service: 50 * time.Millisecond, budget: 5 * time.Millisecond}, nil)
		if r.Expired != 5 || r.Wasted != 250*time.Millisecond {
			t.Errorf("%+v", r)
		}
	})
}

func TestEachEndIsToldFromTheOthers(t *testing.T) {
	ends := []error{nil, &route.ShedError{}, route.ErrExpired, context.DeadlineExceeded, errors.New("broken")}
	synctest.Test(t, func(t *testing.T) {
		each := subject(func(_ context.Context, job scenario.Job, _ func(context.Context) error) error { return ends[job.ID] })
		r := run(t, each, evenly{jobs: len(ends), gap: time.Millisecond}, nil)
		if r.Done != 1 || r.Shed != 1 || r.Expired != 2 || r.Failed != 1 || r.Late != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestRefusedJobsComeBackAndCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts []time.Duration
		third := subject(func(ctx context.Context, job scenario.Job, run func(context.Context) error) error {
			attempts = append(attempts, job.At)
			if job.Attempt < 2 {
				return route.ErrShed
			}
			return run(ctx)
		})
		r := run(t, third, evenly{jobs: 2, gap: 30 * time.Millisecond, service: time.Millisecond, retries: 3}, nil)
		if r.Offered != 2 || r.Done != 2 || r.Attempts != 6 || r.Lag.Max != 0 || r.Latency.Max != 41*time.Millisecond {
			t.Errorf("%+v", r)
		}
		if !slices.IsSorted(attempts) || len(attempts) != 6 {
			t.Errorf("attempts at %v", attempts)
		}
		never := subject(func(context.Context, scenario.Job, func(context.Context) error) error { return route.ErrShed })
		if r := run(t, never, evenly{jobs: 2, gap: time.Millisecond, retries: 1}, nil); r.Shed != 2 || r.Attempts != 4 {
			t.Errorf("%+v", r)
		}
	})
}

func TestTheEndOfTheContextEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := loadgen.Run(ctx, always, evenly{jobs: 1000, gap: time.Millisecond, service: time.Second}, loadgen.Options{Work: sleep, Cores: 2})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	if _, err := loadgen.Run(t.Context(), always, evenly{}, loadgen.Options{}); err == nil {
		t.Error("options without work are accepted")
	}
}

// The kernel's pieces add up, end early with the context, and take about the time
// they say. The machine may be busy, so that only "far off" is an error.
func TestTheKernelTakesTheTimeItSays(t *testing.T) {
	k := loadgen.Calibrate(1)
	var sum time.Duration
	spent := func(d time.Duration) { sum += d }
	start := time.Now()
	if err := k.Run(t.Context(), 5050*time.Microsecond, spent); err != nil || sum != 5050*time.Microsecond {
		t.Errorf("%v, %v", sum, err)
	}
	if took := time.Since(start); took < 3*time.Millisecond {
		t.Errorf("5 ms of work took %v", took)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.Run(gone, time.Hour, spent); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestTheRouterIsASubject(t *testing.T) {
	s, err := scenario.New("steady", scenario.Options{Load: 0.5, Cores: 2, Duration: 200 * time.Millisecond, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	router, err := loadgen.NewRouter("threshold", loadgen.Sized(helix.PolicyThreshold, 2))
	if err != nil {
		t.Fatal(err)
	}
	defer router.Close()
	r := run(t, router, s, func(o *loadgen.Options) { o.Work = loadgen.Calibrate(2).Run })
	row := r.Row(s, s.Bound())
	if r.Offered == 0 || r.Failed > 0 || r.Done == 0 || row.BoundFraction < 0.9 || row.GoodputFraction <= 0 || row.Policy != "threshold" {
		t.Errorf("%+v\n%+v", r, row)
	}
}

func TestStolenCoresAreTakenOffTheCoreTime(t *testing.T) {
	s, err := scenario.New("stolen-cores", scenario.Options{Load: 0.1, Cores: 2, Duration: 300 * time.Millisecond, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, always, s, func(o *loadgen.Options) { o.Work = loadgen.Calibrate(2).Run })
	if want := 2*r.Wall - 100*time.Millisecond; r.CoreTime != want {
		t.Errorf("%v of core time in %v, want %v", r.CoreTime, r.Wall, want)
	}
}

func TestAMatrixHasARowForEachCell(t *testing.T) {
	var seen []loadgen.Cell
	var last time.Duration
	m := loadgen.Matrix{
		Makers: []loadgen.Maker{
			{Name: "a", New: func() (loadgen.Subject, error) { return always, nil }},
			loadgen.RouterMaker("b", loadgen.Sized(helix.PolicyThreshold, 2)),
		},
		Scenarios: []string{"steady"}, Loads: []float64{0.2, 0.4}, Cores: 2,
		Duration: 100 * time.Millisecond, Warmup: 20 * time.Millisecond, Seed: 1, Seeds: 2,
		Options:  loadgen.Options{Work: sleep},
		Progress: func(d time.Duration) { last = max(last, d) },
		Each:     func(c loadgen.Cell) { seen = append(seen, c) },
	}
	rows, err := m.Run(t.Context())
	if err != nil || len(rows) != 4 || !slices.Equal(rows, seen) {
		t.Fatalf("%d rows, %d seen, %v", len(rows), len(seen), err)
	}
	for _, r := range rows {
		if r.Seeds != 2 || r.Failed > 0 || r.GoodputFraction == 0 {
			t.Errorf("%+v", r)
		}
	}
	if m.Total() != 960*time.Millisecond || last > m.Total() || last < m.Total()/2 {
		t.Errorf("progress %v of %v", last, m.Total())
	}
	m.Options.Work, m.Makers = nil, m.Makers[:1]
	// Without Work of the caller's the kernel is calibrated: without that it would do nothing. On a steady machine both
	// calibrations of a run are equal to the last digit.
	if cells, err := m.Run(t.Context()); err != nil || cells[0].P50Seconds == 0 || cells[0].Drift < 0 || cells[0].Drift > 1 {
		t.Errorf("no calibration: %+v, %v", cells, err)
	}
	m.Scenarios = []string{"none such"}
	if _, err := m.Run(t.Context()); err == nil {
		t.Error("an unknown scenario runs")
	}
}

// hog is a subject that keeps the only core from the generator.
type hog struct{ loadgen.Subject }

func (hog) Do(_ context.Context, _ scenario.Job, _ func(context.Context) error) error {
	for start := time.Now(); time.Since(start) < 5*time.Millisecond; { //nolint:revive // a loop that never yields is the point
	}
	return nil
}

func TestARunIsMadeAnewUntilItCounts(t *testing.T) {
	made := 0
	m := loadgen.Matrix{
		Makers: []loadgen.Maker{{Name: "hog at first", New: func() (loadgen.Subject, error) {
			if made++; made == 1 {
				return hog{always}, nil
			}
			return always, nil
		}}},
		Scenarios: []string{"steady"}, Loads: []float64{2}, Cores: 1, Duration: 200 * time.Millisecond,
		Seed: 1, Seeds: 1, Tries: 50, Options: loadgen.Options{Work: sleep},
	}
	cells, err := m.Run(t.Context())
	if err != nil || cells[0].Tries != made || made < 2 || !cells[0].Counts() && made < m.Tries {
		t.Errorf("%d subjects, %+v, %v", made, cells, err)
	}
	made, m.Tries = 0, 1
	if cells, err = m.Run(t.Context()); err != nil || cells[0].Tries != 1 || cells[0].Counts() {
		t.Errorf("one try only: %+v, %v", cells, err)
	}
}

func TestCellsCountWhenNothingDisturbedThem(t *testing.T) {
	for _, c := range []struct {
		lag, drift float64
		want       bool
	}{{0.0009, 0.05, true}, {0.001, 0, false}, {0, 0.06, false}} {
		cell := loadgen.Cell{Drift: c.drift}
		cell.GeneratorLagSeconds = c.lag
		if cell.Counts() != c.want {
			t.Errorf("%+v", c)
		}
	}
}
