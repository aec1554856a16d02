package durable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Status is how a durable job ended.
type Status string

// The statuses.
const (
	Done    Status = "done"
	Expired Status = "expired" // its deadline passed before it could start
	Dead    Status = "dead"    // all tries failed: see Queue.Dead
)

// Result is what became of a durable job.
type Result struct {
	Status   Status    `json:"status"`
	Output   []byte    `json:"output,omitempty"` // by the kind's Codec; of a job that is done
	Error    string    `json:"error,omitempty"`  // of the last try; of a job that is dead
	Tries    uint64    `json:"tries"`            // times that it was given to a worker
	Finished time.Time `json:"finished"`
}

// Result waits until the job has a result, or ctx ends. Results are kept for Options.ResultTTL.
func (q *Queue) Result(ctx context.Context, id string) (Result, error) {
	if !idPattern.MatchString(id) {
		return Result{}, fmt.Errorf("the ID %.40q: give 1 to 128 letters, digits, - and _", id)
	}
	watcher, err := q.results.Watch(ctx, id)
	if err != nil {
		return Result{}, fmt.Errorf("result of job %s: %w", id, err)
	}
	defer func() { _ = watcher.Stop() }()
	for {
		select {
		case entry, ok := <-watcher.Updates():
			switch {
			case !ok:
				return Result{}, fmt.Errorf("result of job %s: the watch has ended: %w", id, errors.Join(errors.New("the connection is closed"), ctx.Err()))
			case entry == nil || entry.Operation() != jetstream.KeyValuePut: // none yet, or it was sent back
				continue
			}
			return decode(id, entry)
		case <-ctx.Done():
			return Result{}, fmt.Errorf("no result of job %s yet: %w", id, ctx.Err())
		}
	}
}

func decode(id string, entry jetstream.KeyValueEntry) (r Result, err error) {
	if err := json.Unmarshal(entry.Value(), &r); err != nil {
		return Result{}, fmt.Errorf("result of job %s cannot be read: %w", id, err)
	}
	return r, nil
}

// known reports whether a job has a result.
func (q *Queue) known(ctx context.Context, id string) (bool, error) {
	_, err := q.results.Get(ctx, id)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return false, nil
	}
	return false, err
}

func (q *Queue) store(ctx context.Context, id string, r Result) error {
	r.Finished = time.Now()
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = q.results.Put(ctx, id, text)
	return err
}
