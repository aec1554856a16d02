package durable

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// maxReason bounds the text that is kept of an error, which QuoteToASCII can make four times as long.
const maxReason = 512

// Letter is a job that all tries have failed.
type Letter struct {
	Job    Job
	Reason string // of the last try
	Tries  uint64
	At     time.Time
}

// bury puts a job among the dead letters.
func (q *Queue) bury(ctx context.Context, h nats.Header, data []byte, id, reason string, tries uint64) error {
	if !idPattern.MatchString(id) { // it is not of ours, and must still go somewhere
		id = "unnamed"
	}
	reason = reason[:min(len(reason), maxReason)]
	m := nats.NewMsg(q.deadSubject(id))
	for name, values := range h {
		if name != headerID {
			m.Header[name] = values
		}
	}
	m.Header.Set(headerReason, strconv.QuoteToASCII(reason))
	m.Header.Set(headerTries, strconv.FormatUint(tries, 10))
	m.Data = data
	_, err := q.js.PublishMsg(ctx, m)
	return err
}

// Dead lists up to n dead letters, oldest first.
func (q *Queue) Dead(ctx context.Context, n int) ([]Letter, error) {
	c, err := q.dead.CreateConsumer(ctx, jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy, InactiveThreshold: time.Minute, MemoryStorage: true})
	if err != nil {
		return nil, fmt.Errorf("dead letters of %s: %w", q.options.Name, err)
	}
	defer func() { _ = q.dead.DeleteConsumer(context.WithoutCancel(ctx), c.CachedInfo().Name) }()
	batch, err := c.FetchNoWait(min(max(n, 1), int(q.options.MaxDead)))
	if err != nil {
		return nil, fmt.Errorf("dead letters of %s: %w", q.options.Name, err)
	}
	var letters []Letter
	for m := range batch.Messages() {
		letter, _ := letterOf(m.Headers(), m.Data()) // one that is malformed is dead for that
		if meta, err := m.Metadata(); err == nil {
			letter.At = meta.Timestamp
		}
		letters = append(letters, letter)
	}
	return letters, batch.Error()
}

func letterOf(h nats.Header, data []byte) (l Letter, err error) {
	l.Job, err = readJob(h, data)
	l.Reason, _ = strconv.Unquote(h.Get(headerReason))
	l.Tries, _ = strconv.ParseUint(h.Get(headerTries), 10, 64)
	return l, err
}

// buriedWithin is how long a worker may take from a letter to the result that says so: one request each. Who sent the
// job back between the two would have it taken for dead at once.
const buriedWithin = 2 * askWithin

// Requeue sends a dead job back into the queue, with all its tries before it.
func (q *Queue) Requeue(ctx context.Context, id string) error {
	raw, err := q.dead.GetLastMsgForSubject(ctx, q.deadSubject(id))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("job %s is not among the dead letters of %s", id, q.options.Name)
	}
	if err != nil {
		return fmt.Errorf("dead letter %s: %w", id, err)
	}
	job, err := readJob(raw.Header, raw.Data)
	if err != nil {
		return fmt.Errorf("dead letter %s cannot be sent back: %w", id, err)
	}
	if known, err := q.known(ctx, id); err == nil && !known && time.Since(raw.Time) < buriedWithin {
		return fmt.Errorf("job %s is on its way to the dead letters: send it back in a moment", id)
	}
	if err := q.results.Delete(ctx, id); err != nil { // or a worker would take it for done
		return fmt.Errorf("dead letter %s: %w", id, err)
	}
	m := nats.NewMsg(q.subject())
	job.write(m)
	if _, err := q.publish(ctx, m, fmt.Sprintf("%s.again.%d", id, raw.Sequence)); err != nil { // its own ID may be within the window for duplicates
		return err
	}
	return q.dead.DeleteMsg(ctx, raw.Sequence)
}
