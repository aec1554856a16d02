package helix_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

// stressJobs is how many jobs the stress test submits for each policy: all of a million
// together where the race detector, which is ten times slower, is off.
func stressJobs() int {
	switch {
	case raceEnabled || testing.Short():
		return 20_000
	default:
		return 340_000
	}
}

// bothInTurn is a policy of the stress test: the router's changes every few milliseconds.
const bothInTurn = "both in turn"

func TestAMillionMixedJobsAllEndOnce(t *testing.T) {
	for _, policy := range []string{helix.PolicyAdaptive, helix.PolicyThreshold, bothInTurn} {
		t.Run(policy, func(t *testing.T) { stressPolicy(t, policy) })
	}
}

// stressPolicy submits from 64 goroutines at once: every
// strategy, cancels, panics, deadlines, nested jobs and futures, while the
// configuration changes and somebody looks at the ledger. Every job must get the
// answer that it should, and the ledger must balance at every look.
func stressPolicy(t *testing.T, policy string) {
	if os.Getenv("HELIX_NO_STRESS") != "" {
		t.Skip("HELIX_NO_STRESS is set")
	}
	const submitters = 64
	before := runtime.NumGoroutine()
	c := helix.DefaultConfig()
	c.CPUParallelism, c.CPUQueueCap, c.BackpressureBusyThreshold = 4, 64, 1000
	if policy != bothInTurn {
		c.Policy = policy
	}
	r, err := helix.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s := &stress{t: t, r: r, switches: policy == bothInTurn, batcher: newBatcher(t, r, stressBatch, stressRun)}
	start := time.Now()

	stop := make(chan struct{})
	var aside sync.WaitGroup
	aside.Go(func() { s.patchConfig(stop) })
	aside.Go(func() { s.watchLedger(stop) })
	var wg sync.WaitGroup
	n := stressJobs()
	for i := range submitters {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			for range n / submitters {
				s.submit(rng)
			}
		})
	}
	wg.Wait()
	close(stop)
	aside.Wait()
	took := time.Since(start)

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
	checkBooks(t, r)
	l := r.Stats().Ledger
	if got, want := l.Submitted, s.submitted.Load(); got != want {
		t.Errorf("the ledger has %d jobs, %d were submitted", got, want)
	}
	for name, x := range map[string][2]uint64{
		"done":     {l.Done, s.done.Load()},
		"failed":   {l.Failed, s.failed.Load()},
		"panicked": {l.Panicked, s.panicked.Load()},
		"canceled": {l.Canceled, s.canceled.Load()},
		"expired":  {l.Expired, s.expired.Load()},
		"shed":     {l.Shed, s.shed.Load()},
	} {
		if x[0] != x[1] {
			t.Errorf("%s: %d in the ledger, %d told to callers", name, x[0], x[1])
		}
		if x[1] == 0 {
			t.Errorf("no job was %s: the test does not test it", name)
		}
	}
	if s.looks.Load() == 0 {
		t.Error("nobody looked at the ledger meanwhile")
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
			break
		}
	}
	t.Logf("%d jobs in %v, %.0f a second: %+v", l.Submitted, took.Round(time.Millisecond), float64(l.Submitted)/took.Seconds(), l)
}

type stress struct {
	t *testing.T
	r *helix.Router
	*batcher
	switches bool // the policy, now and then

	submitted, done, failed, panicked, canceled, expired, shed, looks atomic.Uint64
}

// What a stress job does is told by its input.
const (
	stressPanics = -1
	stressFails  = -2
	stressSpins  = -3
)

func stressRun(ctx context.Context, x int) (int, error) {
	switch x {
	case stressPanics:
		panic("stress")
	case stressFails:
		return 0, errJob
	case stressSpins:
		for range 20 {
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
			runtime.Gosched()
		}
	}
	return 2 * x, nil
}

func stressBatch(ctx context.Context, xs []int) ([]helix.Result[int], error) {
	out := make([]helix.Result[int], len(xs))
	for i, x := range xs {
		out[i].Value, out[i].Err = stressRun(ctx, x)
	}
	return out, nil
}

// submit runs one random job to its end.
func (s *stress) submit(rng *rand.Rand) {
	ctx := context.Background()
	if rng.IntN(2) == 0 { // a context that can end, and in one of 8 cases does
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		switch rng.IntN(16) {
		case 0:
			cancel()
		case 1:
			go cancel()
		}
	}
	options := []helix.CallOption{[]helix.Cost{1, 20_000, 100_000, 100_000}[rng.IntN(4)], helix.Scaling(rng.Float64())}
	switch rng.IntN(16) {
	case 0:
		options = append(options, helix.Budget(1+rng.IntN(1_000_000)))
	case 1:
		options = append(options, helix.Deadline(time.Now().Add(time.Duration(rng.IntN(1_000_000)-1000))))
	}
	x := rng.IntN(1000)
	switch rng.IntN(64) {
	case 0:
		x = stressPanics
	case 1, 2:
		x = stressFails
	case 3, 4, 5, 6:
		x = stressSpins
	}
	switch rng.IntN(8) {
	case 0: // nested, two deep
		got, err := helix.Do(ctx, s.r, helix.Hint{Kind: "outer", Cost: uint64(rng.IntN(100_000))}, func(ctx context.Context) (int, error) {
			_, err := s.run(ctx, x, options)
			if err != nil && errors.Is(err, ctx.Err()) {
				return 0, err
			}
			return 1, nil
		})
		s.count(got, 1, ctx, err)
	case 1: // two futures, one of them waited for in vain
		a, b := s.batcher.Go(ctx, x, options...), s.batcher.Go(ctx, 7, options...)
		impatient, cancel := context.WithTimeout(context.Background(), time.Microsecond)
		_, _ = a.Wait(impatient)
		cancel()
		got, err := a.Wait(context.Background())
		s.count(got, 2*x, ctx, err)
		got, err = b.Wait(context.Background())
		s.count(got, 14, ctx, err)
	default:
		_, _ = s.run(ctx, x, options)
	}
}

func (s *stress) run(ctx context.Context, x int, options []helix.CallOption) (int, error) {
	got, err := s.batcher.Do(ctx, x, options...)
	s.count(got, 2*x, ctx, err)
	return got, err
}

// count checks one answer and keeps the callers' own book.
func (s *stress) count(got, want int, ctx context.Context, err error) {
	s.submitted.Add(1)
	var p *helix.PanicError
	var shed *helix.ShedError
	var own *helix.RunError
	switch {
	case err == nil:
		s.done.Add(1)
		if got != want {
			s.t.Errorf("got %d, want %d: somebody else's result", got, want)
		}
	case errors.As(err, &p):
		s.panicked.Add(1)
	case errors.As(err, &shed):
		s.shed.Add(1)
		if shed.RetryAfter <= 0 {
			s.t.Errorf("RetryAfter %v", shed.RetryAfter)
		}
		time.Sleep(50 * time.Microsecond) // a caller that came back at once would only be refused again
	case errors.Is(err, helix.ErrExpired):
		s.expired.Add(1)
	case errors.As(err, &own):
		s.failed.Add(1)
	case err == context.Canceled && ctx.Err() != nil:
		s.canceled.Add(1)
	default:
		s.t.Errorf("unexpected: %v", err)
	}
}

// patchConfig changes everything that can change, all the time.
func (s *stress) patchConfig(stop <-chan struct{}) {
	rng := rand.New(rand.NewPCG(2, 2))
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Millisecond):
		}
		width := 1 + rng.IntN(8)
		p := []helix.ConfigPatch{
			{"cpu_parallelism": width, "cpu_queue_cap": width + rng.IntN(64)},
			{"batch_max_size": 1 + rng.IntN(16), "batch_max_delay_ms": 1 + rng.IntN(20)},
			{"spawn_limit": 1 + rng.IntN(64)},
			{"inline_threshold": 1 + rng.IntN(10), "spawn_threshold": 10_000 + rng.IntN(100_000)},
			{"backpressure_busy_threshold": []int{4, 1000, 1000, 1000}[rng.IntN(4)], "ema_alpha": 0.01 + 0.9*rng.Float64()},
			{"cpu_p95_budget_ms": 1 + rng.IntN(100)},
			{"cpu_parallelism": 0}, // refused
		}[rng.IntN(7)]
		_, err := s.r.PatchConfig(p)
		if refused := p["cpu_parallelism"] == 0; (err != nil) != refused {
			s.t.Errorf("%v: %v", p, err)
		}
		if s.switches && rng.IntN(4) == 0 {
			name := []string{helix.PolicyAdaptive, helix.PolicyThreshold}[rng.IntN(2)]
			if _, err := s.r.PatchConfig(helix.ConfigPatch{"policy": name}); err != nil {
				s.t.Error(err)
			}
		}
		if rng.IntN(50) == 0 {
			if err := s.r.InjectPressure(rng.Float64(), "stress", time.Millisecond); err != nil {
				s.t.Error(err)
			}
		}
	}
}

// watchLedger looks at the ledger under full load.
func (s *stress) watchLedger(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(5 * time.Millisecond):
		}
		l := s.r.Stats().Ledger
		ends := l.Done + l.Failed + l.Panicked + l.Canceled + l.Expired + l.Shed
		if l.Imbalance != 0 || l.Submitted != ends+l.InFlight {
			s.t.Errorf("under load: %+v", l)
		}
		s.looks.Add(1)
	}
}
