package exec

// list is a doubly linked list of tasks, oldest first, from which any task can
// leave in constant time. The zero value is empty. It is guarded by its owner's mutex.
type list struct {
	first, last *Task
	len         int
}

func (l *list) push(t *Task) {
	t.in, t.prev, t.next = l, l.last, nil
	if l.last == nil {
		l.first = t
	} else {
		l.last.next = t
	}
	l.last = t
	l.len++
}

// remove takes t out. It must be in the list.
func (l *list) remove(t *Task) {
	if t.prev == nil {
		l.first = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.last = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.in, t.prev, t.next = nil, nil, nil
	l.len--
}

// all iterates from oldest to newest; the current task may be removed meanwhile.
func (l *list) all(yield func(*Task) bool) {
	for t := l.first; t != nil; {
		next := t.next
		if !yield(t) {
			return
		}
		t = next
	}
}
