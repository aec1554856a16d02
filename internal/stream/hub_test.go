package stream_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire is a connection to a client that takes what it gets only while it is open.
type wire struct {
	*io.PipeWriter
	header http.Header
}

func (w wire) Header() http.Header { return w.header }
func (w wire) WriteHeader(int)     {}
func (w wire) Flush()              {}

// client reads a stream and books what it is told.
type client struct {
	text   *bufio.Scanner
	cancel context.CancelFunc
	ended  chan error
}

func connect(h *stream.Hub, f stream.Filter, from stream.Resume) *client {
	out, in := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	c := &client{text: bufio.NewScanner(out), cancel: func() { cancel(); out.Close() }, ended: make(chan error, 1)}
	c.text.Buffer(nil, 1<<20)
	go func() {
		err := h.Serve(ctx, wire{in, http.Header{}}, f, from)
		in.Close()
		c.ended <- err
	}()
	return c
}

// message is one block of a stream.
type message struct {
	id, event, data, comment, retry string
}

// next returns the next block; false at the end.
func (c *client) next() (m message, ok bool) {
	for c.text.Scan() {
		name, value, _ := strings.Cut(c.text.Text(), ":")
		switch value = strings.TrimPrefix(value, " "); {
		case c.text.Text() == "":
			return m, true
		case name == "id":
			m.id = value
		case name == "event":
			m.event = value
		case name == "data":
			m.data = value
		case name == "retry":
			m.retry = value
		case name == "":
			m.comment = value
		}
	}
	return m, false
}

// book is which numbers a client got and which it was told to have lost.
type book struct {
	got, lost map[uint64]bool
}

// read books what comes, up to number last or the end.
func (c *client) read(t interface{ Fatalf(string, ...any) }, b book, last uint64) {
	for {
		m, ok := c.next()
		if !ok {
			return
		}
		var at uint64
		switch {
		case m.event == "lost":
			var gap struct{ Lost, First, Last uint64 }
			if err := json.Unmarshal([]byte(m.data), &gap); err != nil || gap.Last-gap.First+1 != gap.Lost || fmt.Sprint(gap.Last) != m.id {
				t.Fatalf("bad gap %+v: %v", m, err)
			}
			for seq := gap.First; seq <= gap.Last; seq++ {
				b.once(t, seq, b.lost)
			}
			at = gap.Last
		case m.data != "":
			var d helix.Decision
			if err := json.Unmarshal([]byte(m.data), &d); err != nil || fmt.Sprint(d.Seq) != m.id || m.event != "" {
				t.Fatalf("bad event %+v: %v", m, err)
			}
			b.once(t, d.Seq, b.got)
			at = d.Seq
		}
		if at >= last {
			return
		}
	}
}

func (b book) once(t interface{ Fatalf(string, ...any) }, seq uint64, in map[uint64]bool) {
	if b.got[seq] || b.lost[seq] {
		t.Fatalf("%d is told twice", seq)
	}
	in[seq] = true
}

func newBook() book { return book{map[uint64]bool{}, map[uint64]bool{}} }

// bubble gives a test a router, a hub and n decisions on demand, in a time of its own.
func bubble(t *testing.T, most int, body func(t *testing.T, r *helix.Router, h *stream.Hub, decide func(n int))) {
	synctest.Test(t, func(t *testing.T) {
		c := helix.DefaultConfig()
		c.Policy = helix.PolicyThreshold
		r, err := helix.New(c)
		if err != nil {
			t.Fatal(err)
		}
		h := stream.NewHub(r, most)
		body(t, r, h, func(n int) {
			for i := range n {
				hint := helix.Hint{Kind: []string{"a", "b", "c"}[i%3], Cost: 1}
				if _, err := helix.Do(t.Context(), r, hint, func(context.Context) (int, error) { return 0, nil }); err != nil {
					t.Fatal(err)
				}
			}
		})
		if err := errors.Join(h.Close(context.Background()), r.Close(context.Background())); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

func TestAReaderGetsEveryDecisionOnceInOrder(t *testing.T) {
	bubble(t, 2, func(t *testing.T, _ *helix.Router, h *stream.Hub, decide func(int)) {
		c := connect(h, stream.Filter{}, stream.Resume{})
		if m, _ := c.next(); m.retry != "2000" {
			t.Errorf("begins with %+v", m)
		}
		decide(500)
		for seq := 1; seq <= 500; seq++ {
			if m, _ := c.next(); m.id != fmt.Sprint(seq) || m.event != "" || !strings.HasPrefix(m.data, `{"job_id":0,"strategy":"inline",`) {
				t.Fatalf("%d: %+v", seq, m)
			}
		}
		if m, _ := c.next(); m.comment != "still here" || m.id != "" {
			t.Errorf("silence is %+v", m)
		}
		c.cancel()
		<-c.ended
		if n := h.Readers(); n != 0 {
			t.Errorf("%d readers", n)
		}
	})
}

// Whatever a reader does, each number is told once: as a decision or as lost.
func TestNothingIsMissingUntold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(1, 1500), 2, 4).Draw(rt, "decisions")
		bubble(t, 2, func(t *testing.T, r *helix.Router, h *stream.Hub, decide func(int)) {
			decide(5)
			last := uint64(5)
			b, from := newBook(), stream.Resume{Given: true}
			c := connect(h, stream.Filter{}, from)
			for i, n := range steps {
				decide(n)
				time.Sleep(time.Second) // frames come and go while the client does not read
				last = r.Decisions(1)[0].Seq
				if i%2 == 0 {
					c.read(rt, b, last)
				} else { // it goes away and comes back
					c.cancel()
					<-c.ended
					from.After = uint64(len(b.got) + len(b.lost))
					c = connect(h, stream.Filter{}, from)
				}
			}
			if len(steps)%2 == 0 { // it came back and has not read yet
				c.read(rt, b, last)
			}
			c.cancel()
			<-c.ended
			if n := len(b.got) + len(b.lost); n != int(last) {
				rt.Fatalf("%d of %d are told, %d as lost", n, last, len(b.lost))
			}
		})
	})
}

func TestASlowReaderIsToldHowManyItLost(t *testing.T) {
	bubble(t, 2, func(t *testing.T, r *helix.Router, h *stream.Hub, decide func(int)) {
		slow, fast := connect(h, stream.Filter{}, stream.Resume{}), connect(h, stream.Filter{}, stream.Resume{})
		slow.next()
		seen := newBook()
		go fast.read(t, seen, 30_000)
		decide(1)
		slow.next()
		for range 300 { // 30,000 decisions in 15 s, in 300 frames, of which 100 are kept
			decide(100)
			time.Sleep(50 * time.Millisecond)
		}
		b := newBook()
		slow.read(t, b, 30_001)
		if len(b.lost) < 15_000 || len(b.got)+len(b.lost) != 30_000 {
			t.Errorf("got %d and lost %d of 30000", len(b.got), len(b.lost))
		}
		if len(seen.lost) > 0 {
			t.Errorf("the fast one lost %d", len(seen.lost))
		}
		slow.cancel()
		fast.cancel()
		<-slow.ended
		<-fast.ended
	})
}

func TestFiltersPickAndMoveTheLastIDOn(t *testing.T) {
	bubble(t, 2, func(t *testing.T, _ *helix.Router, h *stream.Hub, decide func(int)) {
		c := connect(h, stream.Filter{Kinds: map[string]bool{"b": true}, Strategies: map[helix.Strategy]bool{helix.Inline: true}}, stream.Resume{})
		c.next()
		decide(9) // a b c a b c a b c
		for _, id := range []string{"2", "5", "8"} {
			if m, _ := c.next(); m.id != id || !strings.Contains(m.data, `"kind":"b"`) {
				t.Errorf("got %+v, want %s", m, id)
			}
		}
		if m, _ := c.next(); m.id != "9" || m.data != "" {
			t.Errorf("silence is %+v", m)
		}
		c.cancel()
		<-c.ended
		none := connect(h, stream.Filter{Strategies: map[helix.Strategy]bool{helix.Drop: true}}, stream.Resume{Given: true, After: 3})
		none.next()
		if m, _ := none.next(); m.id != "9" || m.data != "" {
			t.Errorf("silence is %+v", m)
		}
		none.cancel()
		<-none.ended
	})
}

func TestASampleIsTheSameAfterResuming(t *testing.T) {
	bubble(t, 3, func(t *testing.T, _ *helix.Router, h *stream.Hub, decide func(int)) {
		for range 10 { // spaced, since nobody listens
			decide(100)
			time.Sleep(time.Second)
		}
		read := func(after uint64) map[uint64]bool {
			c, b := connect(h, stream.Filter{Sample: 0.1}, stream.Resume{Given: true, After: after}), newBook()
			done := make(chan struct{})
			go func() { c.read(t, b, 1<<62); close(done) }()
			time.Sleep(time.Second)
			c.cancel()
			<-c.ended
			<-done
			return b.got
		}
		whole, half := read(0), read(500)
		maps.DeleteFunc(whole, func(seq uint64, _ bool) bool { return seq <= 500 })
		if len(half) < 25 || len(half) > 85 || !maps.Equal(whole, half) {
			t.Errorf("a tenth of 500 is %d, and after resuming %d", len(whole), len(half))
		}
	})
}

func TestResumingFromAnotherProcessBeginsAnew(t *testing.T) {
	bubble(t, 1, func(t *testing.T, _ *helix.Router, h *stream.Hub, decide func(int)) {
		decide(3)
		c, b := connect(h, stream.Filter{}, stream.Resume{Given: true, After: 4}), newBook()
		c.read(t, b, 3)
		if len(b.got) != 3 || len(b.lost) != 0 {
			t.Errorf("%+v", b)
		}
		c.cancel()
		<-c.ended
	})
}

func TestStreamsAreBoundedAndEnd(t *testing.T) {
	bubble(t, 1, func(t *testing.T, r *helix.Router, h *stream.Hub, decide func(int)) {
		c := connect(h, stream.Filter{}, stream.Resume{})
		c.next()
		if err := <-connect(h, stream.Filter{}, stream.Resume{}).ended; !errors.Is(err, stream.ErrFull) {
			t.Errorf("the second got %v", err)
		}
		h.Stop()
		if _, ok := c.next(); ok || <-c.ended != nil {
			t.Error("the stream goes on")
		}
		if err := <-connect(h, stream.Filter{}, stream.Resume{}).ended; !errors.Is(err, stream.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
	})
	bubble(t, 1, func(t *testing.T, r *helix.Router, h *stream.Hub, decide func(int)) {
		c := connect(h, stream.Filter{}, stream.Resume{})
		c.next()
		decide(1)
		if err := r.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if m, ok := c.next(); !ok || m.id != "1" {
			t.Errorf("the last decision is %+v", m)
		}
		if _, ok := c.next(); ok || <-c.ended != nil {
			t.Error("the stream outlives the router")
		}
	})
}
