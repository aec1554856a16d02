package helix

import (
	"log/slog"
	"sync/atomic"
	"time"
)

// jobLineEvery bounds the lines about single jobs: ten a second are enough to see a
// router think, and cost a busy one nothing that shows. Who wants all subscribes.
const jobLineEvery = 100 * time.Millisecond

// jobLines lets a line through now and then.
type jobLines struct{ last atomic.Int64 } // router clock; 0 = never

// due takes the turn, if it is somebody's.
func (l *jobLines) due(now time.Duration) bool {
	last := l.last.Load()
	if last != 0 && now-time.Duration(last) < jobLineEvery {
		return false
	}
	return l.last.CompareAndSwap(last, int64(now))
}

// logJob writes a line about a sample of the jobs, at debug level. The context is the
// caller's where the job is traced, so that a handler can find the trace in it.
func (r *Router) logJob(j *job, d *Decision, now time.Duration) {
	ctx := j.logContext()
	if !r.log.Enabled(ctx, slog.LevelDebug) || !r.lines.due(now) {
		return
	}
	r.log.LogAttrs(ctx, slog.LevelDebug, "job routed",
		slog.Uint64("job_id", d.JobID), slog.String("kind", d.Kind), slog.Uint64("cost", d.ComputeCost),
		slog.String("strategy", d.Strategy.String()), slog.String("reason", d.Reason.String()),
		slog.Int("cpu_busy", d.CPUBusy), slog.Float64("pressure", d.Pressure))
}
