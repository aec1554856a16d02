package stream

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	// stalledAfter is how long a reader may take nothing: longer than any pause of a network
	// that still works, and short enough that dead readers do not pile up.
	stalledAfter = 5 * time.Second
	// beatEvery is below the 30 s to 60 s after which proxies cut a quiet connection.
	beatEvery = 15 * time.Second
	// retryAfter is what a browser waits before it comes back: a restart takes less.
	retryAfter = 2 * time.Second
	// replayed is as many decisions as the router keeps.
	replayed = 1024
)

// Resume is where a reader left off. The zero Resume begins with what comes now.
type Resume struct {
	Given bool
	After uint64 // the number of the last decision that it has
}

// reader is one stream on its way to one client.
type reader struct {
	hub     *Hub
	session *session
	filter  Filter
	w       http.ResponseWriter
	wire    *http.ResponseController
	beat    *time.Timer

	at    uint64 // number of the frame to read next
	known bool   // seq means something
	seq   uint64 // of the last decision that was sent or passed over
	told  uint64 // the number that the client has as last id
}

// Serve streams to w until ctx ends, the hub stops, the router closes or the client
// takes nothing for 5 s. An error means that nothing was sent.
func (h *Hub) Serve(ctx context.Context, w http.ResponseWriter, f Filter, from Resume) error {
	s, err := h.join()
	if err != nil {
		return err
	}
	defer h.leave()
	r := &reader{hub: h, session: s, filter: f, w: w, wire: http.NewResponseController(w), beat: time.NewTimer(beatEvery)}
	defer r.beat.Stop()
	r.at = s.newest() // before the past is read, so that nothing lies between the two
	if r.open() == nil && r.past(from) == nil {
		_ = r.follow(ctx) // that the client left is how streams end
	}
	return nil
}

// open sends the header, so that the client knows that it is connected. The server's
// deadlines are for requests that end.
func (r *reader) open() error {
	_ = r.wire.SetReadDeadline(time.Time{}) // a writer that knows no deadlines has none to lift
	r.w.Header().Set("Content-Type", "text/event-stream")
	r.w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	r.w.WriteHeader(http.StatusOK)
	return r.send([]byte(fmt.Sprintf("retry: %d\n\n", retryAfter.Milliseconds())))
}

// past sends what has happened since the client was here last, as far as it is kept.
func (r *reader) past(from Resume) error {
	if !from.Given {
		return nil
	}
	kept, newest := r.hub.source.Decisions(replayed), uint64(0)
	if len(kept) > 0 {
		newest = kept[len(kept)-1].Seq
	}
	r.known, r.seq, r.told = true, from.After, from.After
	if from.After > newest { // the number is of an earlier process: here all is new
		r.seq = newest - uint64(len(kept))
		if err := r.send([]byte(": the last event id is of another process, all that is kept here follows\n\n")); err != nil {
			return err
		}
	}
	f := new(frame)
	for i := range kept {
		if kept[i].Seq > r.seq {
			f.add(&kept[i])
		}
	}
	if len(f.events) == 0 {
		return nil
	}
	return r.deliver(f)
}

// follow sends what happens, until something ends it.
func (r *reader) follow(ctx context.Context) error {
	for {
		f, next, more := r.session.read(r.at)
		r.at = next
		switch {
		case f != nil:
			if err := r.deliver(f); err != nil {
				return err
			}
		case more == nil:
			return nil
		default:
			if err := r.wait(ctx, more); err != nil {
				return err
			}
		}
	}
}

func (r *reader) wait(ctx context.Context, more <-chan struct{}) error {
	select {
	case <-more:
		return nil
	case <-r.beat.C:
		return r.send(r.heartbeat())
	case <-r.hub.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// heartbeat is a comment. Where a filter has passed over decisions it also moves the
// client's last id, which needs no event, so that it does not ask for them again.
func (r *reader) heartbeat() []byte {
	if r.seq == r.told {
		return []byte(": still here\n\n")
	}
	r.told = r.seq
	return fmt.Appendf(nil, ": still here\nid: %d\n\n", r.seq)
}

// deliver sends what is new in a frame and wanted, after the gap before it if there is one.
func (r *reader) deliver(f *frame) error {
	var out []byte
	if r.known {
		out = r.gap(f)
	}
	r.known = true
	if len(out) == 0 && r.filter.all() && f.first() > r.seq {
		r.seq, r.told = f.last(), f.last()
		return r.send(f.whole)
	}
	for i := range f.events {
		if e := &f.events[i]; e.seq > r.seq && r.filter.wants(e) {
			out = append(out, f.text(i)...)
			r.told = e.seq
		}
	}
	r.seq = max(r.seq, f.last())
	if len(out) == 0 {
		return nil
	}
	return r.send(out)
}

// gap tells how many decisions lie between the last one and a frame, wanted or not.
func (r *reader) gap(f *frame) []byte {
	if f.first() <= r.seq+1 {
		return nil
	}
	first, last := r.seq+1, f.first()-1
	r.told = last
	return fmt.Appendf(nil, ": lost %[1]d\nid: %[3]d\nevent: lost\ndata: {\"lost\":%[1]d,\"first\":%[2]d,\"last\":%[3]d}\n\n", last-first+1, first, last)
}

// send writes text and sees it off. The deadline is for this write alone.
func (r *reader) send(text []byte) error {
	_ = r.wire.SetWriteDeadline(time.Now().Add(stalledAfter))
	r.beat.Reset(beatEvery)
	if _, err := r.w.Write(text); err != nil {
		return err
	}
	return r.wire.Flush()
}
