package stream

import (
	"context"
	"errors"
	"sync"

	"github.com/helixrouter/helix"
)

// Source is the router, as far as a stream needs it.
type Source interface {
	Watch(n int) *helix.Subscription
	Decisions(n int) []helix.Decision
}

// ErrFull means that as many readers listen as may; ErrClosed that the hub is closed.
var (
	ErrFull   = errors.New("as many streams are open as may be")
	ErrClosed = errors.New("the streams are closed")
)

// Hub brings readers and decisions together. Make one with NewHub, and Close it. It is
// safe for concurrent use.
type Hub struct {
	source Source
	most   int
	closed chan struct{} // closed to end all readers

	mu      sync.Mutex
	readers int           // guarded by mu
	current *session      // nil while nobody listens; guarded by mu
	last    chan struct{} // closed when the session before has ended; guarded by mu
	ending  bool          // closed is closed; guarded by mu
}

// NewHub returns a hub for at most so many readers at a time.
func NewHub(source Source, most int) *Hub {
	last := make(chan struct{})
	close(last)
	return &Hub{source: source, most: most, closed: make(chan struct{}), last: last}
}

// Readers returns how many listen.
func (h *Hub) Readers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.readers
}

// join counts a reader in and returns the session that it reads.
func (h *Hub) join() (*session, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.ending:
		return nil, ErrClosed
	case h.readers >= h.most:
		return nil, ErrFull
	}
	h.readers++
	if h.current == nil {
		h.current = newSession(h.source.Watch(buffered))
		h.last = h.current.done
		go h.current.run()
	}
	return h.current, nil
}

// leave counts a reader out. The last one ends the session.
func (h *Hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.readers--
	if h.readers == 0 {
		h.current.decisions.Close()
		h.current = nil
	}
}

// Stop ends all readers and refuses new ones. It may be called more than once.
func (h *Hub) Stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ending {
		h.ending = true
		close(h.closed)
	}
}

// Close is Stop, and waits for the hub's goroutine at most until ctx ends. The readers'
// goroutines are their requests' to wait for.
func (h *Hub) Close(ctx context.Context) error {
	h.Stop()
	h.mu.Lock()
	last := h.last
	if h.current != nil {
		h.current.decisions.Close() // readers have what they need to leave
	}
	h.mu.Unlock()
	select {
	case <-last:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
