package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix"
)

const (
	// jobTime is how long a request for jobs may take. What is still running then is
	// cancelled: clients and proxies give up after a minute by themselves.
	jobTime = time.Minute
	// jobsAtOnce is how many jobs of one array are in flight: enough to form several
	// full batches, few enough that one caller does not fill the queue of 512 alone.
	jobsAtOnce = 64
)

// jobAnswer is one job that ran.
type jobAnswer struct {
	JobID          uint64          `json:"job_id"`
	Kind           string          `json:"kind"`
	Strategy       helix.Strategy  `json:"strategy"`
	Reason         helix.Reason    `json:"reason"`
	Outputs        json.RawMessage `json:"outputs"`
	WaitSeconds    float64         `json:"wait_seconds"`    // from submit to start
	RunSeconds     float64         `json:"run_seconds"`     // from start to end
	ElapsedSeconds float64         `json:"elapsed_seconds"` // from submit to result, as the caller sees it
}

// listedAnswer is one job of an array: either an answer or a problem.
type listedAnswer struct {
	Status int `json:"status"` // what the job alone would have answered
	*jobAnswer
	Problem *problem `json:"problem,omitempty"`
}

func (a *API) jobs(w http.ResponseWriter, r *http.Request) error {
	var list jobList
	err := a.readBody(w, r, func(body []byte) (err error) {
		list, err = decodeJobs(body, a.router.JobKinds())
		return err
	}, typeJSON)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), jobTime)
	defer cancel()
	defer context.AfterFunc(a.cut, cancel)()
	if list.array {
		return send(w, http.StatusOK, a.runAll(ctx, list.jobs))
	}
	answer, problem := a.run(ctx, list.jobs[0])
	if problem != nil {
		return problem
	}
	return send(w, http.StatusOK, answer)
}

// runAll runs the jobs, some at a time, and returns when all have ended. The
// answers are in the order of the jobs.
func (a *API) runAll(ctx context.Context, jobs []helix.Job) []listedAnswer {
	answers := make([]listedAnswer, len(jobs))
	var next atomic.Int64 // the job that the next free worker takes
	var workers sync.WaitGroup
	for range min(len(jobs), jobsAtOnce) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(jobs)); i = next.Add(1) - 1 {
				answers[i] = a.runListed(ctx, jobs[i])
			}
		})
	}
	workers.Wait()
	return answers
}

func (a *API) runListed(ctx context.Context, job helix.Job) listedAnswer {
	answer, problem := a.run(ctx, job)
	if problem != nil {
		return listedAnswer{Status: problem.Status, Problem: problem}
	}
	return listedAnswer{Status: http.StatusOK, jobAnswer: answer}
}

// run submits one job, unless nobody waits for it any more.
func (a *API) run(ctx context.Context, job helix.Job) (*jobAnswer, *problem) {
	if err := ctx.Err(); err != nil {
		return nil, a.jobProblem(ctx, job, err)
	}
	began := a.now()
	outputs, routed, err := a.router.SubmitRouted(ctx, job)
	if err != nil {
		return nil, a.jobProblem(ctx, job, err)
	}
	text, err := json.Marshal(append([]helix.Output{}, outputs...)) // [], not null
	if err != nil {
		return nil, a.jobProblem(ctx, job, err) // NaN or Inf
	}
	return &jobAnswer{
		JobID: job.ID, Kind: job.Kind, Strategy: routed.Strategy, Reason: routed.Reason,
		WaitSeconds: routed.Wait.Seconds(), RunSeconds: routed.Run.Seconds(),
		Outputs: text, ElapsedSeconds: a.now().Sub(began).Seconds(),
	}, nil
}
