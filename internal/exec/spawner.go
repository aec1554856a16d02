package exec

import (
	"sync"
	"sync/atomic"

	"github.com/helixrouter/helix/route"
)

// Spawner runs each task on a goroutine of its own, up to a limit.
type Spawner struct {
	executor *Executor
	count    atomic.Int32 // live goroutines; written with mu held, read without
	limit    atomic.Int32 // written with mu held, read without

	mu     sync.Mutex
	live   list          // tasks on their goroutines; guarded by mu
	closed bool          // guarded by mu
	idle   chan struct{} // closed when closed and live is empty
}

func newSpawner(x *Executor) *Spawner {
	return &Spawner{executor: x, idle: make(chan struct{})}
}

// Live returns how many spawned tasks have not returned.
func (s *Spawner) Live() int { return int(s.count.Load()) }

// HasRoom reports whether a task could be started now. A later Start may still refuse.
func (s *Spawner) HasRoom() bool { return s.count.Load() < s.limit.Load() }

// Start runs t on its own goroutine. It refuses at the limit and when closed.
func (s *Spawner) Start(t *Task) bool {
	s.mu.Lock()
	if s.closed || int32(s.live.len) >= s.limit.Load() {
		s.mu.Unlock()
		return false
	}
	s.live.push(t)
	s.count.Store(int32(s.live.len))
	s.mu.Unlock()
	go s.run(t)
	return true
}

func (s *Spawner) run(t *Task) {
	x := s.executor
	ok, late := t.begin(x.Now())
	if !ok {
		s.release(t)
		if late {
			x.expire(t, x.Now())
		}
		return
	}
	x.Pool.beside(t)
	t.enter()
	returned := false
	defer func() {
		if !returned { // the job called runtime.Goexit, and this goroutine ends with it
			t.Work.Keep(route.Panicked, errGoexit())
			s.finish(t, route.Panicked)
		}
	}()
	end := t.Work.Run(false)
	returned = true
	s.finish(t, end)
}

func (s *Spawner) finish(t *Task, end route.Disposition) {
	s.executor.Pool.besideNoMore(t)
	waited := s.executor.settle(t, end)
	s.release(t) // before the signal, so that the caller finds the room that it gave back
	if waited {
		t.signal()
	}
}

func (s *Spawner) release(t *Task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live.remove(t)
	s.count.Store(int32(s.live.len))
	s.checkIdleLocked()
}

func (s *Spawner) setLimit(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit.Store(int32(n))
}

func (s *Spawner) close() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.checkIdleLocked()
	}
	return s.idle
}

func (s *Spawner) checkIdleLocked() {
	if s.closed && s.live.len == 0 {
		close(s.idle)
	}
}

// claimAll claims every task for Close. It does so under the lock: a task that
// is in the list there cannot have been given back to its caller, who might use it again.
func (s *Spawner) claimAll() []*Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	var claimed []*Task
	for t := range s.live.all {
		if s.executor.claim(t) {
			claimed = append(claimed, t)
		}
	}
	return claimed
}
