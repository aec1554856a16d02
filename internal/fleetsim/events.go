package fleetsim

import "time"

// what an event is about.
type what uint8

const (
	arrives   what = iota // a job, on its node
	ends                  // a job, on its lane
	expires               // a job that waits
	answered              // a job, at its sender
	givenUp               // a job, by its sender
	heartbeat             // of a node: it looks at its load
	heard                 // of a node: all senders know
	dies                  // a node
)

// event is something that will happen to a task or a node.
type event struct {
	at     time.Duration
	order  uint32 // of two at the same instant
	ticket uint32 // of the task that is meant; the place may have another one by then
	who    int32
	what   what
}

func (a *event) before(b *event) bool { return a.at < b.at || a.at == b.at && a.order < b.order }

// agenda is a heap of four children a node, with the next event at the front: half as deep as one of two, and what
// is compared lies in one line of memory.
type agenda struct {
	events []event
	order  uint32
}

func (a *agenda) add(at time.Duration, w what, who int32, ticket uint32) {
	a.order++
	e := event{at, a.order, ticket, who, w}
	a.events = append(a.events, e)
	i := len(a.events) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(&a.events[parent]) {
			break
		}
		a.events[i] = a.events[parent]
		i = parent
	}
	a.events[i] = e
}

// pop removes the next event, of which there must be one.
func (a *agenda) pop() event {
	s := a.events
	top, e := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	a.events = s
	if len(s) == 0 {
		return top
	}
	i := 0
	for {
		child := 4*i + 1
		if child >= len(s) {
			break
		}
		for c := child + 1; c < min(4*i+5, len(s)); c++ {
			if s[c].before(&s[child]) {
				child = c
			}
		}
		if !s[child].before(&e) {
			break
		}
		s[i] = s[child]
		i = child
	}
	s[i] = e
	return top
}
