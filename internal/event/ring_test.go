package event_test

import (
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newRing(size int) *event.Ring[uint64] {
	return event.New(size, func(e *uint64, seq uint64) { *e = seq })
}

// The ring beside a slice that keeps everything.
func TestLastIsTheTailOfWhatWasPublished(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 9).Draw(t, "size")
		r := newRing(size)
		var all []uint64
		for range rapid.IntRange(0, 40).Draw(t, "events") {
			r.Publish(0)
			all = append(all, uint64(len(all)+1))
			n := rapid.IntRange(-1, 12).Draw(t, "n")
			want := all[len(all)-min(max(n, 0), max(size, 1), len(all)):]
			if got := r.Last(n); !slices.Equal(got, want) {
				t.Fatalf("Last(%d) of %d in %d: %v, want %v", n, len(all), size, got, want)
			}
		}
	})
}

func TestListeningFollowsTheSubscribers(t *testing.T) {
	r := newRing(4)
	if r.Listening() {
		t.Error("nobody subscribes")
	}
	a, b := r.Subscribe(1), r.Subscribe(1)
	a.Close()
	a.Close() // counts once
	if !r.Listening() {
		t.Error("one still subscribes")
	}
	b.Close()
	if r.Listening() {
		t.Error("all have left")
	}
}

func TestAWatcherHearsEverythingAndDoesNotListen(t *testing.T) {
	r := newRing(4)
	w := r.Watch(2)
	if r.Listening() || !r.Watched() {
		t.Error("a watcher watches and does not listen")
	}
	for range 3 {
		r.Publish(0)
	}
	if a, b := <-w.Events(), <-w.Events(); a != 1 || b != 2 || w.Lost() != 1 {
		t.Errorf("got %d %d and lost %d", a, b, w.Lost())
	}
	w.Close()
	if r.Watched() {
		t.Error("it has left")
	}
}

func TestAClosedRingEndsItsReadersAndStillPublishes(t *testing.T) {
	r := newRing(4)
	before := r.Subscribe(4)
	r.Publish(0)
	r.Close()
	r.Close()
	r.Publish(0)
	after := r.Subscribe(4)
	if got := slices.Collect(chanSeq(before.Events())); !slices.Equal(got, []uint64{1}) {
		t.Errorf("read %v, want what came before Close", got)
	}
	if got := slices.Collect(chanSeq(after.Events())); got != nil {
		t.Errorf("read %v from a closed ring", got)
	}
	after.Close()
	before.Close()
	if r.Listening() {
		t.Error("nobody listens to a closed ring")
	}
	if got := r.Last(9); !slices.Equal(got, []uint64{1, 2}) {
		t.Errorf("Last: %v", got)
	}
}

func chanSeq(c <-chan uint64) func(func(uint64) bool) {
	return func(yield func(uint64) bool) {
		for v := range c {
			if !yield(v) {
				return
			}
		}
	}
}

// What a reader has read and what it has lost is everything, in order.
func TestReadAndLostAddUpUnderConcurrentPublishers(t *testing.T) {
	const publishers, each = 8, 2000
	r := newRing(16)
	var readers, writers sync.WaitGroup
	for _, buffer := range []int{0, 1, 64, publishers * each} {
		s := r.Subscribe(buffer)
		readers.Go(func() {
			read, last := uint64(0), uint64(0)
			for seq := range s.Events() {
				if seq <= last {
					t.Errorf("%d came after %d", seq, last)
				}
				read, last = read+1, seq
			}
			if got := read + s.Lost(); got != publishers*each {
				t.Errorf("buffer %d: %d read and %d lost, want %d in all", buffer, read, s.Lost(), publishers*each)
			}
			if buffer == publishers*each && s.Lost() != 0 {
				t.Errorf("%d lost with room for all", s.Lost())
			}
		})
	}
	for range publishers {
		writers.Go(func() {
			for range each {
				r.Publish(0)
				r.Last(3)
			}
		})
	}
	writers.Wait()
	r.Close()
	readers.Wait()
}

func TestSubscribingAndLeavingDuringPublishing(t *testing.T) {
	r := newRing(16)
	stop := make(chan struct{})
	var publisher, readers sync.WaitGroup
	publisher.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				r.Publish(0)
			}
		}
	})
	for range 4 {
		readers.Go(func() {
			for range 500 {
				s := r.Subscribe(2)
				<-s.Events()
				s.Close()
				for range s.Events() {
				}
			}
		})
	}
	readers.Wait()
	close(stop)
	publisher.Wait()
	if r.Listening() {
		t.Error("all have left")
	}
}

func TestAnEventIsFoundByItsNumberWhileItIsKept(t *testing.T) {
	r := event.New(3, func(e *int, seq uint64) { *e = int(seq) * 10 })
	if _, first, last, ok := r.At(0); ok || first != 0 || last != 0 {
		t.Errorf("an empty ring keeps %d to %d", first, last)
	}
	for want := range uint64(5) {
		if seq := r.Publish(0); seq != want+1 {
			t.Errorf("numbered %d, want %d", seq, want+1)
		}
	}
	for seq := range uint64(8) {
		e, first, last, ok := r.At(seq)
		if kept := seq >= 3 && seq <= 5; ok != kept || first != 3 || last != 5 || kept && e != int(seq)*10 {
			t.Errorf("%d: %d, %v, of %d to %d", seq, e, ok, first, last)
		}
	}
}
