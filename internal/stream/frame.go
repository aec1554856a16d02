package stream

import (
	"slices"

	"github.com/helixrouter/helix"
)

// event is one decision as it goes over the wire.
type event struct {
	seq      uint64
	kind     string
	strategy helix.Strategy
	end      int32 // of its text in the frame; it begins where the one before ends
}

// frame is some decisions in a row without a gap between them, immutable once it is
// published. Readers without a filter send whole, the others pick.
type frame struct {
	events []event
	whole  []byte // id and data of all events, each with the empty line that ends it
}

func (f *frame) first() uint64 { return f.events[0].seq }
func (f *frame) last() uint64  { return f.events[len(f.events)-1].seq }

// follows reports whether a decision is the next one after the frame's.
func (f *frame) follows(d *helix.Decision) bool { return len(f.events) == 0 || d.Seq == f.last()+1 }

// add encodes a decision at the end of the frame.
func (f *frame) add(d *helix.Decision) {
	f.whole = appendEvent(f.whole, d)
	f.events = append(f.events, event{d.Seq, d.Kind, d.Strategy, int32(len(f.whole))})
}

// text is the i-th event's.
func (f *frame) text(i int) []byte {
	begin := int32(0)
	if i > 0 {
		begin = f.events[i-1].end
	}
	return f.whole[begin:f.events[i].end]
}

// take returns a copy without spare room, which is kept for seconds, and empties f, whose
// room the next frame uses.
func (f *frame) take() *frame {
	kept := &frame{events: slices.Clone(f.events), whole: slices.Clone(f.whole)}
	f.events, f.whole = f.events[:0], f.whole[:0]
	return kept
}
