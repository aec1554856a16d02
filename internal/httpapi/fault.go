package httpapi

import (
	"fmt"
	"net/http"
	"strings"
)

// fault is one thing that is wrong in a body.
type fault struct {
	Pointer string `json:"pointer"` // JSON pointer (RFC 6901); "" is the whole body
	Message string `json:"message"` // what is wrong and what to send
}

// maxFaults bounds an answer: a body of 1 MiB has room for 100,000 faults, and
// nobody reads past the first thousand.
const maxFaults = 1000

// shownFaults bounds the sentence that lists them.
const shownFaults = 8

// faults are what is wrong in a body: the first of them, and how many more.
type faults struct {
	list []fault
	more int
}

func oneFault(pointer, message string) faults {
	return faults{list: []fault{{pointer, message}}}
}

func (f *faults) add(pointer, message string) {
	if len(f.list) == maxFaults {
		f.more++
		return
	}
	f.list = append(f.list, fault{pointer, message})
}

// refused returns the 422 that lists faults; what says what did not happen.
func refused(what string, f faults) *problem {
	parts := make([]string, 0, shownFaults+1)
	for _, one := range f.list[:min(len(f.list), shownFaults)] {
		parts = append(parts, strings.TrimSpace(one.Pointer+" "+one.Message))
	}
	if more := len(f.list) - shownFaults + f.more; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	p := newProblem(http.StatusUnprocessableEntity, "%s: %s", what, strings.Join(parts, "; "))
	p.Errors = f.list
	return p
}

// pointerEscapes are RFC 6901's.
var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func escapePointer(name string) string { return "/" + pointerEscapes.Replace(name) }
