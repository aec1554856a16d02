package exec

// line is the tasks that wait for a slot one by one, the least rank first and
// among equals the oldest: a binary heap, from which any task can leave. The zero value
// is empty. It is guarded by its owner's mutex.
type line struct{ tasks []*Task }

func (l *line) len() int { return len(l.tasks) }

// first is the next to leave, or nil.
func (l *line) first() *Task {
	if len(l.tasks) == 0 {
		return nil
	}
	return l.tasks[0]
}

func (t *Task) before(u *Task) bool {
	if t.Rank != u.Rank {
		return t.Rank < u.Rank
	}
	return t.ticket < u.ticket
}

func (l *line) push(t *Task, ticket uint64) {
	t.ticket, t.line = ticket, l
	l.tasks = append(l.tasks, t)
	l.up(len(l.tasks)-1, t)
}

// remove takes t out. It must be in the line.
func (l *line) remove(t *Task) {
	last := len(l.tasks) - 1
	i, moved := t.place, l.tasks[last]
	l.tasks[last] = nil
	l.tasks = l.tasks[:last]
	t.line = nil
	if moved == t {
		return
	}
	l.put(i, moved)
	l.up(i, moved)
	l.down(moved.place, moved)
}

func (l *line) put(i int, t *Task) { l.tasks[i], t.place = t, i }

// up moves a task, which is at i, towards the front until it is not before its parent.
func (l *line) up(i int, t *Task) {
	for i > 0 {
		parent := (i - 1) / 2
		if !t.before(l.tasks[parent]) {
			break
		}
		l.put(i, l.tasks[parent])
		i = parent
	}
	l.put(i, t)
}

// down moves a task, which is at i, away from the front until no child is before it.
func (l *line) down(i int, t *Task) {
	for {
		child := 2*i + 1
		if child >= len(l.tasks) {
			break
		}
		if child+1 < len(l.tasks) && l.tasks[child+1].before(l.tasks[child]) {
			child++
		}
		if !l.tasks[child].before(t) {
			break
		}
		l.put(i, l.tasks[child])
		i = child
	}
	l.put(i, t)
}

// all iterates in no order that means anything. Nothing may leave meanwhile.
func (l *line) all(yield func(*Task) bool) {
	for _, t := range l.tasks {
		if !yield(t) {
			return
		}
	}
}

// Look is how many waiting tasks a slot looks at for one that may start. The first of them may have to
// wait for its like while a smaller one behind it need not; one that is further back has others to go before.
const Look = 8

// pick returns the first task in order, among the first Look, that may start.
func (l *line) pick(may func(*Task) bool) *Task {
	var frontier [Look + 1]int // places whose parents have been looked at, in order of their tasks
	n := 0
	add := func(place int) {
		if place >= len(l.tasks) {
			return
		}
		i := n
		for ; i > 0 && l.tasks[place].before(l.tasks[frontier[i-1]]); i-- {
			if i < len(frontier) {
				frontier[i] = frontier[i-1]
			}
		}
		if i < len(frontier) {
			frontier[i] = place
			n = min(n+1, len(frontier))
		}
	}
	add(0)
	for range Look {
		if n == 0 {
			return nil
		}
		place := frontier[0]
		if t := l.tasks[place]; may(t) {
			return t
		}
		copy(frontier[:], frontier[1:n])
		n--
		add(2*place + 1)
		add(2*place + 2)
	}
	return nil
}
