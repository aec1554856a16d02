package helix

import (
	"context"
	"time"

	"github.com/helixrouter/helix/internal/exec"
)

// Tracer turns jobs into spans, or into whatever its maker likes; package helixotel
// has the one for OpenTelemetry. The router calls it on the path of its jobs, from many
// goroutines at a time and with no lock held: it must be quick, and it must not panic.
type Tracer interface {
	// Trace is called once for each job before it is decided, on its caller's goroutine
	// and with its caller's context. Nil means that this job is not traced: nothing more
	// is called or allocated for it.
	Trace(ctx context.Context) JobTrace
	// Batch is called before a batch function runs for jobs of which some are traced. The
	// function runs in the context that Batch returns, which must be ctx with more values.
	// The other result is called when the batch function has returned; ok is false when
	// it panicked, and its jobs run one by one then.
	Batch(ctx context.Context, b TracedBatch) (batch context.Context, end func(at time.Time, ok bool))
}

// JobTrace follows one job. Run and Returned come in this order, on the goroutine that
// runs the job, and not at all if it never starts. Ended comes once. Where the caller
// leaves a running job, Ended comes before Returned, and at the same time as Run or
// Returned at worst.
type JobTrace interface {
	// Run is called when the job starts. The job runs in the context that Run returns,
	// which must be ctx with more values. All but Ended, Outcome, Wait, Run and Err is known.
	Run(ctx context.Context, j TracedJob) context.Context
	// Returned is called when the job's function has returned or panicked. Ended is when.
	Returned(j TracedJob)
	// Ended is called when the job's end is in the ledger.
	Ended(j TracedJob)
}

// TracedJob is what is known of a traced job at the time.
type TracedJob struct {
	ID       uint64 // of a job record; else 0
	Kind     string
	Cost     uint64 // declared; 0 = none
	Scaling  float64
	Budget   time.Duration // left at the submit; 0 = none
	Class    Class
	Tenant   string
	Strategy Strategy
	Reason   Reason
	// Propensity is the probability with which the strategy was chosen, 1 for a rule, and
	// Predicted the sojourn that was predicted, 0 if none was.
	Propensity float64
	Predicted  time.Duration
	Submitted  time.Time
	Decided    time.Time // when the decision was made; zero if it was to refuse it
	Queued     bool      // it went to where jobs wait; one that found a free slot waited for its goroutine only
	Started    time.Time // zero while it has not
	Ended      time.Time // zero while it has not
	Outcome    Disposition
	Batch      int           // jobs in the batch that it ran in; 0 = it ran by itself
	Wait, Run  time.Duration // as the histograms of Stats have them; 0 unless Outcome.Ran()
	Err        error         // what the job returned, its panic, or why it was refused; nil for other ends
}

// TracedBatch is a batch that starts.
type TracedBatch struct {
	Kind    string
	Size    int // jobs in it
	Started time.Time
	Members []JobTrace // of the jobs that are traced, whose Run was called
}

// WithTracer makes the router tell t about its jobs; given again, another one too. Default:
// none, and nothing is spent on it.
func WithTracer(t Tracer) Option {
	return func(r *Router) {
		switch {
		case t == nil:
		case r.tracer == nil:
			r.tracer = t
		default:
			r.tracer = &tracers{r.tracer, t}
		}
	}
}

// startTrace asks the tracer about a job that was just submitted.
//
//go:noinline
func (r *Router) startTrace(ctx context.Context, k *kind, j *job) *jobTrace {
	trace := r.tracer.Trace(ctx)
	if trace == nil {
		return nil
	}
	epoch := r.exec.Epoch()
	t := &jobTrace{
		trace: trace, tracer: r.tracer, ctx: ctx, epoch: epoch, submitted: j.submitted,
		job: TracedJob{
			ID: j.id, Kind: k.name, Cost: j.hint.Cost, Scaling: j.hint.Scaling, Budget: j.budget(),
			Class: j.hint.Class, Tenant: j.hint.Tenant, Submitted: epoch.Add(j.submitted),
		},
	}
	t.itself = t
	return t
}

// traced is the job's trace for the executors.
func (j *job) traced() exec.Trace {
	if j.trace == nil {
		return nil
	}
	return j.trace.itself
}

// waits notes that the job goes to where jobs wait.
func (j *job) waits() {
	if j.trace != nil {
		j.trace.job.Queued = true
	}
}

// logContext is the caller's, where a log handler may find its trace.
func (j *job) logContext() context.Context {
	if j.trace == nil {
		return context.Background()
	}
	return j.trace.ctx
}
