// Package helixotel owns how a router's jobs look to OpenTelemetry: the names, times,
// links and attributes of their spans. It links the API of OpenTelemetry and not
// its SDK: which spans are kept and where they go is the program's. It must never
// measure time itself, or keep a job waiting.
//
//	r, err := helix.New(config, helix.WithTracer(helixotel.New(provider)))
//
// # Which jobs
//
// A job is traced where the context that it is submitted with has a sampled span, be
// it of this process or a remote one that was extracted from a request. All others cost
// one look at their context, some 50 ns. A sampled job costs 4 KB and several microseconds in
// the SDK, ten times what a cheap inline job does: under load, sample a share of them. A
// router makes no traces of its own: a program that wants every job traced starts a span
// around each submit.
//
// # Spans
//
//	helix.admit   from submit to the decision; of a refused job the only one, with status error
//	helix.queue   from the decision to the start; none where the job ran at once on its caller's goroutine
//	helix.run     the job itself; its context carries this span, so that the job's own spans nest in it
//	helix.batch   the call of a batch function, with links to the helix.run of every traced member
//
// The first three are children of the caller's span. Times are the router's own
// readings, those of helix_queue_wait_seconds and helix_run_seconds. A batch serves many
// traces and can be in one only: it is a child of its first traced member's helix.run, so
// that the sampling of that trace holds for it, and each member's helix.run links to it.
//
// # Attributes
//
//	helix.kind        the kind's name
//	helix.strategy    where it went: inline, spawn, cpu_pool, batch, drop
//	helix.reason      why, as in /api/decisions
//	helix.cost        declared cost, where there is one
//	helix.job_id      of a job record, as text: it can be above 2^63
//	helix.batch.size  jobs in the batch, traced or not
//	error.type        why the status is error: a reason to shed, expired, canceled, panicked,
//	                  or the Go type of the error that the job returned
//
// Neither inputs and outputs nor the texts of errors and panics are sent: they may be
// anybody's secrets.
package helixotel
