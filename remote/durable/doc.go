// Package durable runs jobs that must survive: a job that was enqueued is done at least once, whatever
// crashes, by one of the workers that there are or will be. It owns the queue, its dead letters and the results, in
// JetStream. It must never decide how a job runs, which is the router's business at the worker.
//
//	q, err := durable.Open(ctx, conn.NATS(), durable.Options{})
//	receipt, err := q.Enqueue(ctx, durable.Job{ID: "invoice-4711", Kind: "render", Payload: input})
//	w := durable.NewWorker(q, router, durable.WorkerOptions{}) // here or on any machine
//	result, err := q.Result(ctx, "invoice-4711")
//
// # What is promised
//
// Enqueue returns when the job is on the server's disk, if that server syncs always: package broker's does, another one
// needs jetstream { sync_interval: always }. NATS' own default acknowledges at once and syncs every two minutes: a
// power cut then loses what was acknowledged since. A crash of the process alone loses nothing either way. With
// Replicas 3 it takes the loss of two disks.
//
// A job is taken out of the queue after its result is stored. Between the two a crash makes it run again only
// if the result was not stored: who takes it next looks for one first. So a job runs more than once if
//
//   - its worker dies, or is cut off for longer than AckWait, after it has begun and before its result is stored;
//   - it is enqueued again, under the same ID, after both the window for duplicates and its result have passed.
//
// A kind is safe if running it twice does no harm: it computes from its input alone, or writes under the job's ID.
//
// A job whose tries all fail, or whose workers all died of it, goes to the dead letters with the reason, and can be sent back.
package durable
