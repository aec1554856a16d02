package configfile

import (
	"fmt"
	"strings"
)

// Error lists everything that is wrong with a configuration, in the order of the
// layers and, inside a file, of the lines.
type Error struct {
	Faults []Fault
}

// Fault is one thing that is wrong.
type Fault struct {
	Origin  Origin
	Field   string // the configuration's name for it; "" for the file as a whole
	Value   any    // what was given
	Message string // the rule and what to do
}

// String begins with the place, as compilers do.
func (f Fault) String() string {
	subject := f.Field
	if f.Field != "" && f.Value != nil {
		subject = fmt.Sprintf("%s = %v", f.Field, f.Value)
	}
	switch {
	case f.Origin.Layer == LayerDefault:
		return fmt.Sprintf("%s, the default, %s", subject, f.Message)
	case subject == "":
		return fmt.Sprintf("%s: %s", f.Origin.place(), f.Message)
	default:
		return fmt.Sprintf("%s: %s %s", f.Origin.place(), subject, f.Message)
	}
}

func (o Origin) place() string {
	if o.Line > 0 {
		return fmt.Sprintf("%s:%d", o.Name, o.Line)
	}
	return o.Name
}

// Error puts each fault on its own line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}
