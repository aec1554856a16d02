package httpapi

import (
	"encoding/json"
	"strconv"
	"strings"
)

// repeatedMembers finds the members that an object of a JSON text has twice. Of
// those encoding/json takes the last and others the first, so that what a proxy has
// checked need not be what we do (RFC 8259 section 4). The text is valid JSON.
func repeatedMembers(text []byte) faults {
	w := jsonWalk{text: text}
	w.value()
	return w.twice
}

// jsonWalk walks valid JSON by its bytes: a body is checked before it is known who
// sent it, and json.Decoder's tokens would cost an allocation each.
type jsonWalk struct {
	text  []byte
	at    int
	path  []step
	twice faults
}

// step is one part of a JSON pointer.
type step struct {
	name  string
	index int // of an array's element; -1 for a member
}

func (w *jsonWalk) value() {
	switch w.next() {
	case '{':
		w.object()
	case '[':
		w.array()
	case '"':
		w.skipString()
	default:
		for w.at < len(w.text) && !strings.ContainsRune(",]} \t\r\n", rune(w.text[w.at])) {
			w.at++
		}
	}
}

func (w *jsonWalk) object() {
	var seen map[string]bool
	for w.at++; w.next() != '}'; {
		if w.next() == ',' {
			w.at++
			continue
		}
		name := w.name()
		w.path = append(w.path, step{name, -1})
		if seen[name] {
			w.twice.add(w.pointer(), "is there more than once: send it once")
		}
		if seen == nil {
			seen = map[string]bool{}
		}
		seen[name] = true
		w.next()
		w.at++ // the colon
		w.value()
		w.path = w.path[:len(w.path)-1]
	}
	w.at++
}

func (w *jsonWalk) array() {
	last := len(w.path)
	w.path = append(w.path, step{})
	for w.at++; w.next() != ']'; {
		if w.next() == ',' {
			w.at++
			w.path[last].index++
			continue
		}
		w.value()
	}
	w.at++
	w.path = w.path[:last]
}

// next skips white space and returns the byte after it, without taking it.
func (w *jsonWalk) next() byte {
	for ; ; w.at++ {
		switch c := w.text[w.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
}

// name reads a member's name: "a" and "\u0061" are the same one.
func (w *jsonWalk) name() string {
	w.next()
	start := w.at
	w.skipString()
	quoted := w.text[start:w.at]
	plain := string(quoted[1 : len(quoted)-1])
	if strings.Contains(plain, `\`) {
		_ = json.Unmarshal(quoted, &plain) // it is valid
	}
	return plain
}

func (w *jsonWalk) skipString() {
	for w.at++; w.text[w.at] != '"'; w.at++ {
		if w.text[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
}

func (w *jsonWalk) pointer() string {
	var p strings.Builder
	for _, s := range w.path {
		if s.index >= 0 {
			p.WriteString("/" + strconv.Itoa(s.index))
		} else {
			p.WriteString(escapePointer(s.name))
		}
	}
	return p.String()
}
