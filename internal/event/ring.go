// Package event owns the bounded ring of recent events and its subscribers. A
// publisher never waits: a subscriber that does not keep up loses events and is
// told how many. It must never know what an event means, format one, or start a
// goroutine.
package event

import (
	"sync"
	"sync/atomic"
)

// Ring keeps the last events and hands new ones to its subscribers. It is safe
// for concurrent use.
type Ring[T any] struct {
	number      func(event *T, seq uint64) // stamps an event with its sequence number
	subscribers atomic.Int32               // that want every event; written with mu held, read without
	watchers    atomic.Int32               // that take what there is; written with mu held, read without

	mu     sync.Mutex
	events []T                           // fixed length; guarded by mu
	next   uint64                        // sequence number of the next event, from 1; guarded by mu
	subs   map[*Subscription[T]]struct{} // guarded by mu
	closed bool                          // guarded by mu
}

// New returns a ring of the last size events, at least one. number is called
// with the ring's lock held for each event; it must only store seq.
func New[T any](size int, number func(event *T, seq uint64)) *Ring[T] {
	return &Ring[T]{
		number: number,
		events: make([]T, max(size, 1)),
		next:   1,
		subs:   make(map[*Subscription[T]]struct{}),
	}
}

// Listening reports whether anybody subscribes, so that a publisher can spare
// itself the work of making an event that nobody would see.
func (r *Ring[T]) Listening() bool { return r.subscribers.Load() > 0 }

// Watched reports whether anybody watches: a publisher may then make more events than
// for nobody, and need not make all.
func (r *Ring[T]) Watched() bool { return r.watchers.Load() > 0 }

// Publish numbers the event, keeps it, offers it to every subscriber, and returns its
// number. It never blocks on a reader.
func (r *Ring[T]) Publish(event T) (seq uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seq = r.next
	r.number(&event, seq)
	r.events[seq%uint64(len(r.events))] = event
	r.next++
	for s := range r.subs {
		s.offer(event)
	}
	return seq
}

// At returns the event of a number. It is not there once it has left the ring; first and
// last are the numbers that are, and both 0 before the first event.
func (r *Ring[T]) At(seq uint64) (event T, first, last uint64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == 1 {
		return event, 0, 0, false
	}
	last = r.next - 1
	first = r.next - min(last, uint64(len(r.events)))
	if seq < first || seq > last {
		return event, first, last, false
	}
	return r.events[seq%uint64(len(r.events))], first, last, true
}

// Last returns up to n of the newest events, oldest first.
func (r *Ring[T]) Last(n int) []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := min(r.next-1, uint64(len(r.events)))
	count := min(uint64(max(n, 0)), kept)
	out := make([]T, 0, count)
	for seq := r.next - count; seq < r.next; seq++ {
		out = append(out, r.events[seq%uint64(len(r.events))])
	}
	return out
}

// Subscribe returns a subscription that buffers up to buffer events, at least
// one. Close it to end it. On a closed ring it is ended from the start.
func (r *Ring[T]) Subscribe(buffer int) *Subscription[T] { return r.add(buffer, &r.subscribers) }

// Watch is Subscribe for a reader that takes the events that there are: it does not
// count as listening.
func (r *Ring[T]) Watch(buffer int) *Subscription[T] { return r.add(buffer, &r.watchers) }

func (r *Ring[T]) add(buffer int, readers *atomic.Int32) *Subscription[T] {
	s := &Subscription[T]{ring: r, readers: readers, events: make(chan T, max(buffer, 1))}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		close(s.events)
		return s
	}
	r.subs[s] = struct{}{}
	readers.Add(1)
	return s
}

// Close ends every subscription. Events can still be published and read with Last.
func (r *Ring[T]) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for s := range r.subs {
		r.removeLocked(s)
	}
}

func (r *Ring[T]) removeLocked(s *Subscription[T]) {
	if _, live := r.subs[s]; live {
		delete(r.subs, s)
		s.readers.Add(-1)
		close(s.events)
	}
}
