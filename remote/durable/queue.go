package durable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Options say what the queue is like. The zero value is valid. The queue is made with the options of who opens it first, and
// changed to those of who opens it next; what that one leaves at 0 stays as it is.
type Options struct {
	// Name of the queue: 1 to 32 letters, digits and _. Default "helix_jobs".
	Name string
	// MaxJobs bounds the jobs that wait or run. Default 1,000,000. At the bound Enqueue fails with a *FullError.
	MaxJobs int64
	// MaxDead bounds the dead letters; the oldest goes. Default 10,000.
	MaxDead int64
	// Duplicates is how long a second job of the same ID is told apart by the server. Default 10 minutes. Beyond
	// that it is told by its result.
	Duplicates time.Duration
	// ResultTTL is how long results are kept. Default 1 hour.
	ResultTTL time.Duration
	// AckWait is how long a worker may say nothing before its job is given to another one. Default 30 s: a worker
	// says every 10 s that it still runs. Shorter, and a pause of the machine makes jobs run twice; longer, and a crash costs that long.
	AckWait time.Duration
	// Replicas of everything, in a mesh: 1, 3 or 5. Default 1.
	Replicas int
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_]{1,32}$`)

const (
	defaultName = "helix_jobs"
	// resultBytes bounds the results that are kept together: at the bound storing one fails, and its job is
	// tried again until others have passed.
	resultBytes = 4 << 30
	jobBytes    = 4 << 30
	deadBytes   = 256 << 20
	// consumer is what all workers share, so that each job goes to one.
	consumer = "workers"
	// maxAckPending bounds the jobs that all workers together have under way.
	maxAckPending = 10_000
	askWithin     = 10 * time.Second
)

func (o *Options) complete() error {
	o.Name, o.Replicas = cmp.Or(o.Name, defaultName), cmp.Or(o.Replicas, 1)
	o.MaxJobs, o.MaxDead = cmp.Or(o.MaxJobs, 1_000_000), cmp.Or(o.MaxDead, 10_000)
	o.Duplicates, o.ResultTTL = cmp.Or(o.Duplicates, 10*time.Minute), cmp.Or(o.ResultTTL, time.Hour)
	o.AckWait = cmp.Or(o.AckWait, 30*time.Second)
	var faults []error
	if !namePattern.MatchString(o.Name) {
		faults = append(faults, fmt.Errorf("the Name %q: give 1 to 32 letters, digits and _", o.Name))
	}
	if o.MaxJobs < 1 || o.MaxDead < 1 {
		faults = append(faults, fmt.Errorf("the bounds MaxJobs %d, MaxDead %d: give positive numbers", o.MaxJobs, o.MaxDead))
	}
	if o.Duplicates < 0 || o.ResultTTL < time.Second || o.AckWait < 100*time.Millisecond {
		faults = append(faults, fmt.Errorf("the times Duplicates %v, ResultTTL %v, AckWait %v: give at least 0, 1s and 100ms", o.Duplicates, o.ResultTTL, o.AckWait))
	}
	if o.Replicas != 1 && o.Replicas != 3 && o.Replicas != 5 {
		faults = append(faults, fmt.Errorf("the number of Replicas %d: give 1, 3 or 5", o.Replicas))
	}
	return errors.Join(faults...)
}

// Queue is the jobs that wait, the dead letters and the results. Safe for concurrent use.
type Queue struct {
	options  Options
	js       jetstream.JetStream
	jobs     jetstream.Stream
	dead     jetstream.Stream
	results  jetstream.KeyValue
	consumer jetstream.Consumer
}

// Open finds the queue or makes it. The server needs JetStream, with a store.
func Open(ctx context.Context, nc *nats.Conn, o Options) (*Queue, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("queue %s: %w", o.Name, err)
	}
	o.inherit(ctx, js)
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("options of the queue: %w", err)
	}
	q := &Queue{options: o, js: js}
	if err := q.make(ctx); err != nil {
		return nil, fmt.Errorf("queue %s: %w (the server needs JetStream with a store: helixrouter --cluster-store DIR, or nats-server -js)", o.Name, err)
	}
	return q, nil
}

// inherit takes what is not given from a queue that is there: who only sends must not change it. What cannot be read is
// not there, or making it says why.
func (o *Options) inherit(ctx context.Context, js jetstream.JetStream) {
	name := cmp.Or(o.Name, defaultName)
	jobs, err := js.Stream(ctx, name)
	if err != nil {
		return
	}
	c := jobs.CachedInfo().Config
	o.MaxJobs, o.Duplicates, o.Replicas = cmp.Or(o.MaxJobs, c.MaxMsgs), cmp.Or(o.Duplicates, c.Duplicates), cmp.Or(o.Replicas, c.Replicas)
	if workers, err := jobs.Consumer(ctx, consumer); err == nil {
		o.AckWait = cmp.Or(o.AckWait, workers.CachedInfo().Config.AckWait)
	}
	if dead, err := js.Stream(ctx, name+"_dead"); err == nil {
		o.MaxDead = cmp.Or(o.MaxDead, dead.CachedInfo().Config.MaxMsgs)
	}
	if results, err := js.Stream(ctx, "KV_"+name+"_results"); err == nil {
		o.ResultTTL = cmp.Or(o.ResultTTL, results.CachedInfo().Config.MaxAge)
	}
}

func (q *Queue) make(ctx context.Context) (err error) {
	o := &q.options
	q.jobs, err = q.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: o.Name, Description: "jobs of Helix that wait or run", Subjects: []string{q.subject()},
		Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage, Replicas: o.Replicas,
		MaxMsgs: o.MaxJobs, MaxBytes: jobBytes, Discard: jetstream.DiscardNew, Duplicates: o.Duplicates,
	})
	if err != nil {
		return err
	}
	q.dead, err = q.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: o.Name + "_dead", Description: "jobs of Helix that all tries have failed", Subjects: []string{q.deadSubject("*")},
		Storage: jetstream.FileStorage, Replicas: o.Replicas, MaxMsgs: o.MaxDead, MaxMsgsPerSubject: 1, MaxBytes: deadBytes, Discard: jetstream.DiscardOld,
	})
	if err != nil {
		return err
	}
	q.results, err = q.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: o.Name + "_results", Description: "results of durable jobs", Storage: jetstream.FileStorage, Replicas: o.Replicas,
		TTL: o.ResultTTL, MaxBytes: resultBytes,
	})
	if err != nil {
		return err
	}
	q.consumer, err = q.jobs.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: consumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: o.AckWait, MaxDeliver: -1, MaxAckPending: maxAckPending,
	})
	return err
}

func (q *Queue) subject() string { return q.options.Name + ".jobs" }

func (q *Queue) deadSubject(id string) string { return q.options.Name + ".dead." + id }

// Receipt says that a job is in the queue.
type Receipt struct {
	Sequence  uint64
	Duplicate bool // it was there already
}

// FullError says that a job was not taken because the queue is at its bound.
type FullError struct {
	Queue string
	Limit int64 // jobs
	Err   error // the server's
}

// Error names the queue and its bound.
func (e *FullError) Error() string {
	return fmt.Sprintf("queue %s is full: %d jobs or its bytes are the most that wait; enqueue again later, or add workers: %v", e.Queue, e.Limit, e.Err)
}

// Unwrap returns the server's error.
func (e *FullError) Unwrap() error { return e.Err }

// streamFull is the server's number for a stream that is at a bound and discards what is new.
const streamFull jetstream.ErrorCode = 10077

// Enqueue puts a job into the queue, and returns when the server has stored it: see the package comment for what
// that means. An error but for a *FullError or a job that is not valid leaves it open whether the job is in the
// queue: enqueue it again, under the same ID.
func (q *Queue) Enqueue(ctx context.Context, j Job) (Receipt, error) {
	if err := j.Validate(); err != nil {
		return Receipt{}, fmt.Errorf("job not enqueued: %w", err)
	}
	m := nats.NewMsg(q.subject())
	j.write(m)
	if limit := q.js.Conn().MaxPayload(); limit > 0 && int64(m.Size()) > limit-headroom {
		return Receipt{}, fmt.Errorf("job %s not enqueued: it has %d bytes with its headers, and the server takes %d less %d for a dead letter's: make it smaller, or raise max_payload", j.ID, m.Size(), limit, headroom)
	}
	return q.publish(ctx, m, j.ID)
}

// headroom is what a dead letter has more than its job, and a result more than its output: headers, and a reason of maxReason.
const headroom = 4 << 10

func (q *Queue) publish(ctx context.Context, m *nats.Msg, id string) (Receipt, error) {
	ack, err := q.js.PublishMsg(ctx, m, jetstream.WithMsgID(id))
	var api *jetstream.APIError
	switch {
	case errors.As(err, &api) && api.ErrorCode == streamFull:
		return Receipt{}, &FullError{q.options.Name, q.options.MaxJobs, err}
	case err != nil:
		return Receipt{}, fmt.Errorf("it is not known whether job %s is in queue %s: %w; enqueue it again, under the same ID", id, q.options.Name, err)
	}
	return Receipt{ack.Sequence, ack.Duplicate}, nil
}

// Stats is one look at a queue.
type Stats struct {
	Waiting   uint64 // jobs that no worker has yet
	Running   int    // jobs that a worker has
	Redeliver int    // of those, the ones that were given to a worker before
	Dead      uint64 // dead letters
}

// Stats looks at the queue.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	c, err := q.consumer.Info(ctx)
	if err != nil {
		return Stats{}, fmt.Errorf("queue %s: %w", q.options.Name, err)
	}
	d, err := q.dead.Info(ctx)
	if err != nil {
		return Stats{}, fmt.Errorf("queue %s: %w", q.options.Name, err)
	}
	return Stats{c.NumPending, c.NumAckPending, c.NumRedelivered, d.State.Msgs}, nil
}
