package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

// closedRetry is when to come back to a router that was closed: when another
// process has taken its place, which nobody here can know.
const closedRetry = time.Second

// jobProblem turns the error of a submitted job into the answer.
func (a *API) jobProblem(ctx context.Context, job helix.Job, err error) *problem {
	p := a.endProblem(ctx, job, err)
	p.JobID = &job.ID
	return p
}

func (a *API) endProblem(ctx context.Context, job helix.Job, err error) *problem {
	shed, isShed := errors.AsType[*helix.ShedError](err)
	failed, isFailed := errors.AsType[*helix.RunError](err)
	panicked, isPanic := errors.AsType[*helix.PanicError](err)
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()): // before isFailed: a job that honours its context returns this too
		return a.endedProblem(ctx)
	case isPanic:
		a.log.LogAttrs(ctx, slog.LevelError, "job panicked", slog.String("kind", job.Kind), slog.Uint64("job_id", job.ID),
			slog.String("panic", panicked.Error()), slog.String("stack", string(panicked.Stack)))
		return newProblem(http.StatusInternalServerError, "the job panicked: the server's log has the stack")
	case isFailed:
		return newProblem(http.StatusInternalServerError, "the job failed: %v", failed)
	case isShed:
		status := http.StatusServiceUnavailable
		if shed.Reason == route.ReasonOverShare {
			status = http.StatusTooManyRequests // others are let in: it is this caller's share that is used up
		}
		p := newProblem(status, "%v", shed).retry(shed.RetryAfter)
		p.Reason = shed.Reason.String()
		return p
	case errors.Is(err, helix.ErrExpired):
		return newProblem(http.StatusGatewayTimeout, "%v", err)
	case errors.Is(err, helix.ErrClosed):
		return closedProblem()
	default:
		return a.oddProblem(ctx, job, err)
	}
}

func closedProblem() *problem {
	p := newProblem(http.StatusServiceUnavailable, "%v: the server is shutting down", helix.ErrClosed).retry(closedRetry)
	p.Reason = "closed"
	return p
}

// endedProblem answers a request that ended before its job: by our limit, by the
// drain's, or because the client hung up, who then does not read it.
func (a *API) endedProblem(ctx context.Context) *problem {
	if a.cut.Err() != nil {
		return closedProblem()
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return newProblem(http.StatusGatewayTimeout, "the job did not end within %v and was cancelled: send less in one request", jobTime)
	}
	return newProblem(http.StatusServiceUnavailable, "the request ended before the job, which was cancelled")
}

// oddProblem answers what can only be a fault of the kind: an output that JSON cannot
// hold, or bad input that it found although the record was checked.
func (a *API) oddProblem(ctx context.Context, job helix.Job, err error) *problem {
	a.log.LogAttrs(ctx, slog.LevelError, "job has no answer", slog.String("kind", job.Kind), slog.Uint64("job_id", job.ID), slog.Any("error", err))
	return newProblem(http.StatusInternalServerError, "the job has no answer that JSON can hold: the server's log says more")
}
