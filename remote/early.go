package remote

const (
	// mostEarly is how many calls are kept that came before their jobs: as many as a worker takes jobs by default. Most of
	// what is kept are calls that came too late, whose jobs have ended.
	mostEarly = defaultInFlight
	// mostNumber is the longest number of a job that is kept, of which a Client's have 40 bytes at the most.
	mostNumber = 64
)

// early remembers the jobs that were called off before they were taken: the two subjects are read by two
// goroutines, and in a burst a call overtakes its job. The zero value is empty. Not safe for concurrent use.
type early struct {
	known map[string]bool
	order []string // a ring, once it is full
	next  int
}

func (e *early) add(number string) {
	if len(number) > mostNumber || e.known[number] {
		return
	}
	if e.known == nil {
		e.known = map[string]bool{}
	}
	e.known[number] = true
	if len(e.order) < mostEarly {
		e.order = append(e.order, number)
		return
	}
	delete(e.known, e.order[e.next])
	e.order[e.next] = number
	e.next = (e.next + 1) % mostEarly
}

// has reports whether a job was called off.
func (e *early) has(number string) bool { return e.known[number] }
