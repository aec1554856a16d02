// Package helix decides, for every piece of CPU work that a service does, how it
// runs: on the caller's goroutine (inline), on one of its own (spawn), on a bounded
// pool (cpu_pool), together with others (batch), on another machine (remote) or not at all (drop). What is
// admitted is bounded, counted and ends exactly once; what is not is refused at
// once with a reason and a time to come back. The package owns the walk of a job
// from submit to result; it must never know HTTP, Prometheus, files or flags.
//
// # Use
//
//	r, err := helix.New(helix.DefaultConfig())
//	defer r.Close(ctx)
//
//	hash, err := helix.Do(ctx, r, helix.Hint{Kind: "argon2", Budget: time.Second}, hashPassword)
//
// Do wraps any function. Register makes a typed Handle for work that can also be
// batched and sent to other machines. Router.Submit runs a Job record by name.
//
// # What a caller can get
//
//	nil                 the job ran and returned no error
//	*RunError           the job's own error, with kind and strategy
//	*PanicError         the job panicked; the process lives and the slot is free
//	*ShedError          refused; errors.Is(err, ErrShed); RetryAfter says when to come back
//	ErrExpired          the budget or deadline passed before it could start, or could not be met any more; it did not run
//	ctx.Err()           the caller's context ended, whether the job waited or ran
//	ErrClosed           the router is closed
//	*RunError around *UndeliveredError, *PeerError   of a job that was sent to a peer: no answer came, or the job's own error there
//	*HintError, *JobError, *UnknownKindError, *ConfigError   bad input; nothing ran
//
// # Concurrency
//
// A Router and everything made from it is safe for concurrent use. New starts no
// goroutine; the first job starts one that keeps pressure and thresholds up to
// date, and Close ends it. A job that submits another one must pass its own ctx on:
// that is how the router knows that it holds a slot already and must not wait for one.
//
// # Log lines
//
// Keys are stable, times are seconds, and no line has a job's input or output. The
// programs of this module use the same ones:
//
//	job_id           of a job record; 0 for a function
//	kind             the kind's name
//	cost             declared cost, in the kind's units; 0 = none
//	strategy         where the job went: inline, spawn, cpu_pool, batch, drop, remote
//	reason           why, in a word: of a decision, or why a file is of no use
//	cpu_busy         pool slots taken at the decision
//	pressure         0 to 1, at the decision
//	trace_id         of the trace that the line belongs to, in hex, where there is one
//	span_id          of the span in it
//	from, to         a value before and after; also in a group for each changed field of the configuration
//	p95_seconds      what the adaptive threshold was judged by
//	samples          jobs that something rests on
//	submitted, done, shed, expired, failed, canceled   jobs by their ends; failed counts those that panicked too
//	jobs, rate, seed what a burst was asked to be
//	error            what went wrong
//	first_failure    the first error of many
//	panic, stack     of a job or a handler
//	method, path, status, elapsed_seconds, peer   one request; path is also a file's
//	kept             where a file was put aside
//	address          where the daemon listens
//	endpoint         where spans go
//	node, server     a machine of the fleet, and the NATS server that it is connected to
//	revision         of the configuration that a fleet shares
//	level            the log level
//	why              what the drain is for
//	timeout_seconds  how long it may take
//	suppressed       lines of the same kind that were left out
//	lost             entries of a decision log that the disk was too slow for
//	faults           what is wrong with a configuration, each with its field
//
// # Cost
//
// A job that captures variables in its function costs one allocation of the
// language's, since it might run on another goroutine; a Handle's inline job costs none.
package helix
