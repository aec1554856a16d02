package stream

import (
	"encoding/json"
	"strconv"

	"github.com/helixrouter/helix"
)

// event is one decision as it goes over the wire.
type event struct {
	seq      uint64
	kind     string
	strategy helix.Strategy
	text     []byte // id and data, with the empty line that ends them
}

// frame is some decisions in a row without a gap between them, immutable once it is
// published. Readers without a filter send whole, the others pick.
type frame struct {
	events []event
	whole  []byte // the texts of all events
}

func (f *frame) first() uint64 { return f.events[0].seq }
func (f *frame) last() uint64  { return f.events[len(f.events)-1].seq }

// follows reports whether a decision is the next one after the frame's.
func (f *frame) follows(d *helix.Decision) bool { return len(f.events) == 0 || d.Seq == f.last()+1 }

// add encodes a decision at the end of the frame. The texts of earlier events stay
// valid when whole grows: they keep the bytes that they had.
func (f *frame) add(d *helix.Decision) {
	from := len(f.whole)
	f.whole = appendEvent(f.whole, d)
	f.events = append(f.events, event{d.Seq, d.Kind, d.Strategy, f.whole[from:len(f.whole):len(f.whole)]})
}

// appendEvent writes a decision as an event without a type.
func appendEvent(to []byte, d *helix.Decision) []byte {
	text, err := json.Marshal(d)
	if err != nil { // a number that JSON cannot hold, from a policy that is not ours
		return to
	}
	to = append(to, "id: "...)
	to = strconv.AppendUint(to, d.Seq, 10)
	to = append(to, "\ndata: "...)
	to = append(to, text...)
	return append(to, "\n\n"...)
}
