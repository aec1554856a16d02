package httpapi

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix"
)

const (
	// saturatedAfter is how long the queue must have been full for the server to call
	// itself saturated: longer than a burst that sheds well, shorter than the
	// usual ten seconds between two probes.
	saturatedAfter = 5 * time.Second
	// watchEvery is the watch's period: a queue that drains and fills again within
	// a quarter of a second was full for all that matters.
	watchEvery = 250 * time.Millisecond
)

// queueWatch knows since when the queue is full. Probes come too seldom to know
// what was between them, so it looks by itself.
type queueWatch struct {
	pool      func() helix.PoolStats
	now       func() time.Time
	fullSince atomic.Pointer[time.Time] // nil = it has room; written by look

	ending sync.Once
	quit   chan struct{} // closed to ask the loop to end
	done   chan struct{} // closed when it has
}

func newQueueWatch(pool func() helix.PoolStats, now func() time.Time) *queueWatch {
	return &queueWatch{pool: pool, now: now, quit: make(chan struct{}), done: make(chan struct{})}
}

func (q *queueWatch) start() { go q.loop() }

func (q *queueWatch) loop() {
	defer close(q.done)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-q.quit:
			return
		case <-tick.C:
			q.look()
		}
	}
}

func (q *queueWatch) look() {
	if p := q.pool(); p.Queued < p.QueueCap {
		q.fullSince.Store(nil)
		return
	}
	if q.fullSince.Load() == nil {
		now := q.now()
		q.fullSince.Store(&now)
	}
}

// fullFor returns how long the queue has been full, 0 when it has room.
func (q *queueWatch) fullFor() time.Duration {
	since := q.fullSince.Load()
	if since == nil {
		return 0
	}
	return q.now().Sub(*since)
}

func (q *queueWatch) close(ctx context.Context) error {
	q.ending.Do(func() { close(q.quit) })
	select {
	case <-q.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
