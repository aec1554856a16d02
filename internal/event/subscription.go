package event

import "sync/atomic"

// Subscription is one reader of a Ring.
type Subscription[T any] struct {
	ring    *Ring[T]
	readers *atomic.Int32 // where the ring counts it
	events  chan T        // written with ring.mu held; closed when the subscription ends
	lost    atomic.Uint64
}

// Events is the channel of new events, in order. It is closed when the
// subscription or its ring is closed.
func (s *Subscription[T]) Events() <-chan T { return s.events }

// Lost returns how many events were thrown away because the buffer was full.
func (s *Subscription[T]) Lost() uint64 { return s.lost.Load() }

// Close ends the subscription; it may be called more than once.
func (s *Subscription[T]) Close() {
	s.ring.mu.Lock()
	defer s.ring.mu.Unlock()
	s.ring.removeLocked(s)
}

// offer is called with ring.mu held.
func (s *Subscription[T]) offer(event T) {
	select {
	case s.events <- event:
	default:
		s.lost.Add(1)
	}
}
