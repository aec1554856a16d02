package loadgen

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/internal/scenario"
)

// Options say how a run is made.
type Options struct {
	// Work does the jobs' work; a Kernel's Run. Needed.
	Work Work
	// Cores are the Ps that everything shares. Needed.
	Cores int
	// Patient callers wait for as long as it takes, so that what has started runs to
	// its end. By default a caller hangs up when its job is late, as a server's
	// does: the context that the subject gets ends then.
	Patient bool
	// OwnThread locks the generator to a thread and adds a P for it. See the package comment.
	OwnThread bool
	// Progress, if not nil, is called now and then with the time since the start.
	Progress func(time.Duration)
	// kernelTimer wakes the generator on time while all cores are idle; not in a
	// bubble of testing/synctest, whose clock the kernel does not follow.
	kernelTimer bool
}

// run is one stream on its way through one subject.
type run struct {
	ctx     context.Context
	subject Subject
	stream  Stream
	options Options
	start   time.Time
	retries retries
	live    atomic.Int64 // attempts and runs that have not returned

	jobs  []scenario.Job // first attempts, in order
	calls []call         // one for each; written by its caller
	lags  []time.Duration
}

// Run feeds a stream to a subject and returns what became of it when every job has
// ended. It sets GOMAXPROCS for as long as it runs, so that only one run can be made at a
// time. When ctx ends it stops feeding, waits for what runs, and returns ctx's error.
func Run(ctx context.Context, subject Subject, stream Stream, o Options) (Result, error) {
	if o.Work == nil || o.Cores < 1 {
		return Result{}, errors.New("loadgen: options need Work and at least one core")
	}
	r := &run{ctx: ctx, subject: subject, stream: stream, options: o, jobs: slices.Collect(stream.Jobs())}
	r.calls = make([]call, len(r.jobs))
	r.lags = make([]time.Duration, 0, len(r.jobs))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(r.processors(0)))
	runtime.GC() // the last run's garbage is not this one's to collect
	r.start = time.Now()
	var feeder sync.WaitGroup
	feeder.Go(r.feed)
	feeder.Wait()
	r.drain()
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	return r.result(), nil
}

func (r *run) now() time.Duration { return time.Since(r.start) }

// processors is the GOMAXPROCS of a time of the run. Stolen cores are Ps that are
// taken away: that costs one stop of the world, and then exactly the cores.
func (r *run) processors(at time.Duration) int {
	n := min(r.options.Cores, max(int(r.stream.Cores(at)), 1))
	if r.options.OwnThread {
		n++
	}
	return n
}

// drain waits for the runs that nobody waits for.
func (r *run) drain() {
	for r.live.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
}
