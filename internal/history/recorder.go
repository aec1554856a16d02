package history

import (
	"context"
	"sync"
	"time"

	"github.com/helixrouter/helix"
)

const (
	// Period is the time between two looks.
	Period = time.Second
	// Kept samples are five minutes: what a page shows, in some 150 KB.
	Kept = 300
	// share of a core that looking may take, as its inverse: with hundreds of kinds a look takes
	// milliseconds, and then they become rarer. Rates stay true, since they count real seconds.
	share = 250
	// longest is how rare looks become at most. What a look took counts waiting for a core, so that
	// without this bound one slow look of an overload would blind the history for a minute.
	longest = 2 * Period
)

// Source is the router, as far as its history needs it.
type Source interface {
	Stats() helix.Stats
	NeuralSnapshot() helix.NeuralSnapshot
	Decisions(n int) []helix.Decision
}

// Recorder keeps the history of one router. Make one with New, Start it and Close it. It
// is safe for concurrent use.
type Recorder struct {
	source     Source
	last       look        // owned by the loop
	favourites *favourites // owned by the loop

	mu      sync.Mutex
	samples []sample // oldest first; guarded by mu

	ending sync.Once
	quit   chan struct{} // closed to ask the loop to end
	done   chan struct{} // closed when it has
}

// New returns a recorder without a history.
func New(source Source) *Recorder {
	return &Recorder{
		source: source, favourites: &favourites{map[string]float64{}},
		quit: make(chan struct{}), done: make(chan struct{}),
	}
}

// Start begins to look. It is called once. Of a router that has decided nothing yet it
// knows the first look: to take one would wake the router up.
func (r *Recorder) Start() {
	r.last = look{time: time.Now()}
	if len(r.source.Decisions(1)) > 0 {
		r.last = lookAt(r.source, time.Now())
	}
	go r.loop()
}

func (r *Recorder) loop() {
	defer close(r.done)
	timer := time.NewTimer(Period)
	defer timer.Stop()
	for due := r.last.time.Add(Period); ; {
		select {
		case <-r.quit:
			return
		case <-timer.C:
		}
		began := time.Now()
		r.look(began)
		due = due.Add(Period)
		if rest := began.Add(min(longest, share*time.Since(began))); rest.After(due) {
			due = rest
		}
		timer.Reset(time.Until(due))
	}
}

// look takes one sample.
func (r *Recorder) look(now time.Time) {
	next := lookAt(r.source, now)
	s := next.since(&r.last, r.favourites)
	r.last = next
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.samples) == Kept {
		copy(r.samples, r.samples[1:])
		r.samples = r.samples[:Kept-1]
	}
	r.samples = append(r.samples, s)
}

// After returns the samples that were taken after a time, oldest first, in columns.
func (r *Recorder) After(t time.Time) Table {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := len(r.samples)
	for from > 0 && r.samples[from-1].time.Truncate(time.Millisecond).After(t) { // as it was told
		from--
	}
	return tableOf(r.samples[from:])
}

// Refused is the share of the jobs that were refused at the door, the least of any of the
// last n samples: 0 unless there are so many, with jobs in each.
func (r *Recorder) Refused(n int) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n < 1 || len(r.samples) < n {
		return 0
	}
	least := 1.
	for i := range r.samples[len(r.samples)-n:] {
		s := &r.samples[len(r.samples)-n+i].numbers
		if s[offered] == 0 {
			return 0
		}
		least = min(least, s[shed]/s[offered])
	}
	return least
}

// Close ends the looking and waits for it, at most until ctx ends. It may be called more
// than once.
func (r *Recorder) Close(ctx context.Context) error {
	r.ending.Do(func() { close(r.quit) })
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
