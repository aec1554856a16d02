package stream

import (
	"sync"
	"time"

	"github.com/helixrouter/helix"
)

const (
	// buffered decisions hold the 8,192 that the router records at once, and what comes in the
	// 50 ms between two looks and in as long without a core at 25,600 a second. 1.6 MB.
	buffered = 11 << 10

	// frameEvery is how long a decision may wait for others to share its frame: below what
	// an eye notices, and 20 wake-ups a second for each reader.
	frameEvery = 50 * time.Millisecond
	// frameBytes ends a frame early. A stalled reader holds one frame, so it bounds what 200
	// of them hold to 6.4 MB; much smaller ones would wake every reader more often.
	frameBytes = 32 << 10

	// keptFrames and keptBytes bound what a reader may be behind: 5 s of a quiet stream or a
	// third of a second of a flood, after which it jumps ahead.
	keptFrames = 100
	keptBytes  = 3 << 20
)

// session is one time during which somebody listens.
type session struct {
	decisions *helix.Subscription
	done      chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex
	frames []*frame      // the last ones, oldest first; guarded by mu
	next   uint64        // number of the frame that comes after them; guarded by mu
	bytes  int           // of all frames; guarded by mu
	more   chan struct{} // closed when a frame comes or the session ends; guarded by mu
	ended  bool          // no frame will come any more; guarded by mu
}

func newSession(decisions *helix.Subscription) *session {
	return &session{decisions: decisions, done: make(chan struct{}), more: make(chan struct{})}
}

// run turns decisions into frames until the subscription ends. It looks now and then and
// does not wait for the next decision: to wake it for each would cost whoever submits
// several us, where leaving one in a buffer costs nothing.
func (s *session) run() {
	defer close(s.done)
	tick := time.NewTicker(frameEvery)
	defer tick.Stop()
	growing := new(frame)
	for range tick.C {
		open := s.gather(growing)
		s.publish(growing)
		if !open {
			s.end()
			return
		}
	}
}

// gather takes what has come since the last look, and reports whether more may come.
func (s *session) gather(growing *frame) (open bool) {
	for range buffered { // a flood must not keep from readers what it has brought
		select {
		case d, ok := <-s.decisions.Events():
			if !ok {
				return false
			}
			if !growing.follows(&d) || len(growing.whole) >= frameBytes {
				s.publish(growing) // if some were lost: readers look for gaps between frames only
			}
			growing.add(&d)
		default:
			return true
		}
	}
	return true
}

// publish hands what has grown to the readers, empties it and forgets the oldest frame.
func (s *session) publish(growing *frame) {
	if len(growing.events) == 0 {
		return
	}
	f := growing.take()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = append(s.frames, f)
	s.next++
	s.bytes += len(f.whole)
	for len(s.frames) > keptFrames || s.bytes > keptBytes {
		s.bytes -= len(s.frames[0].whole)
		s.frames[0] = nil // or the array would hold it
		s.frames = s.frames[1:]
	}
	s.wakeLocked()
}

func (s *session) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.wakeLocked()
}

func (s *session) wakeLocked() {
	close(s.more)
	s.more = make(chan struct{})
}

// newest is the number of the frame that comes next.
func (s *session) newest() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next
}

// read returns frame number at, or the newest if that is gone, with the number of the one
// after it. Without a frame it returns the channel to wait on, nil at the end.
func (s *session) read(at uint64) (f *frame, next uint64, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch oldest := s.next - uint64(len(s.frames)); {
	case at >= s.next && s.ended:
		return nil, at, nil
	case at >= s.next:
		return nil, at, s.more
	case at < oldest:
		at = s.next - 1
		fallthrough
	default:
		return s.frames[at-(s.next-uint64(len(s.frames)))], at + 1, nil
	}
}
