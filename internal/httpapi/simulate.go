package httpapi

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/workload"
)

// Burst is a run of sample jobs.
type Burst struct {
	Jobs int     `json:"jobs"` // how many
	Rate float64 `json:"rate"` // arrivals per second; 0 = as fast as the router takes them
	Seed uint64  `json:"seed"` // which jobs
}

const (
	maxBurstJobs = 1_000_000
	maxBurstRate = 1e6
	// maxBurstSeconds is what a burst may last: there is no other way to end one than
	// to end the process.
	maxBurstSeconds = 3600
	// defaultSeed is the one that the startup workload has too.
	defaultSeed = 7

	// closedInFlight bounds a burst without a rate: enough for every slot and some
	// dozens of full batches at the defaults.
	closedInFlight = 256
	// openInFlight bounds a burst with a rate. Arrivals do not wait for answers, up to
	// here: eight times the default queue, so that it can overload the router, but
	// some 30 MiB of stacks at most. Beyond it arrivals come late.
	openInFlight = 4096
)

// simulate starts a burst and answers before it has ended.
func (a *API) simulate(w http.ResponseWriter, r *http.Request) error {
	b := Burst{Seed: defaultSeed}
	err := a.readBody(w, r, b.decode, typeJSON)
	if err != nil {
		return err
	}
	if a.draining.Load() {
		return drainingProblem()
	}
	if err := a.bursts.start(b); err != nil {
		return err
	}
	return send(w, http.StatusAccepted, b)
}

func (b *Burst) decode(body []byte) error {
	return decodeMembers(body, "invalid burst, nothing was started",
		member{name: "jobs", required: true, expected: "a whole number from 1 to 1000000", target: &b.Jobs,
			valid: func() bool { return b.Jobs >= 1 && b.Jobs <= maxBurstJobs }},
		member{name: "rate", expected: "a number of jobs per second from 0 (as fast as possible) to 1000000, and let the burst end within an hour", target: &b.Rate,
			valid: func() bool {
				return b.Rate == 0 || b.Rate > 0 && b.Rate <= maxBurstRate && float64(b.Jobs)/b.Rate <= maxBurstSeconds
			}},
		member{name: "seed", expected: "a whole number from 0 to 18446744073709551615", target: &b.Seed},
	)
}

// simulate submits the jobs of a burst to r and returns when all have ended.
func simulate(ctx context.Context, r *helix.Router, b Burst) (workload.Summary, error) {
	jobs, inFlight := seeded(b), closedInFlight
	if b.Rate > 0 {
		jobs, inFlight = paced(ctx, jobs, b.Rate), openInFlight
	}
	ends := workload.Run(ctx, r, jobs, min(inFlight, b.Jobs), nil)
	return ends, ctx.Err()
}

func seeded(b Burst) iter.Seq[helix.Job] {
	return func(yield func(helix.Job) bool) {
		generator := workload.New(b.Seed)
		for range b.Jobs {
			if !yield(generator.Next()) {
				return
			}
		}
	}
}

// paced yields each job at its time of arrival, and one that is late at once. Times
// count from the start, so that what one wait oversleeps the next one takes back.
func paced(ctx context.Context, jobs iter.Seq[helix.Job], rate float64) iter.Seq[helix.Job] {
	return func(yield func(helix.Job) bool) {
		start, i := time.Now(), 0
		for job := range jobs {
			due := nanoseconds(float64(i) / rate)
			if !waitUntil(ctx, due-time.Since(start)) || !yield(job) {
				return
			}
			i++
		}
	}
}

// waitUntil reports whether the time came before ctx ended.
func waitUntil(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func drainingProblem() *problem {
	return newProblem(http.StatusServiceUnavailable, "the server is shutting down: start the burst elsewhere").retry(closedRetry)
}
