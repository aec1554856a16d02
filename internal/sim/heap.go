package sim

// entry is one task in a heap, by key and then by order, which is never the same twice:
// so the heap's own order is one for all platforms.
type entry struct {
	key   float64
	order uint64
	task  int32
}

func (a *entry) before(b *entry) bool {
	return a.key < b.key || a.key == b.key && a.order < b.order
}

// heap is a binary heap with the least entry at the front.
type heap []entry

func (h *heap) push(e entry) {
	s := append(*h, e)
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(&s[parent]) {
			break
		}
		s[i] = s[parent]
		i = parent
	}
	s[i] = e
	*h = s
}

func (h *heap) pop() entry {
	s := *h
	top, last := s[0], len(s)-1
	e := s[last]
	s = s[:last]
	*h = s
	i := 0
	for {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && s[child+1].before(&s[child]) {
			child++
		}
		if !s[child].before(&e) {
			break
		}
		s[i] = s[child]
		i = child
	}
	if last > 0 {
		s[i] = e
	}
	return top
}
