package route

import (
	"fmt"
	"time"
)

// Request, Subject and Load are what a policy is told about one job. They have at
// most four fields each, so that the compiler passes them in registers: as one
// struct they would go through memory and cost a third of the whole decision.

// Request is what is asked.
type Request struct {
	Cost    uint64        // declared size in the kind's own units
	Budget  time.Duration // time left until it is late; 0 = no budget
	Scaling float32       // how well it amortises with others, 0..1
	Unsized bool          // no size was declared, and Cost means nothing
}

// Subject is who asks, and for what.
type Subject struct {
	Kind    uint32 // dense number of the job's kind, given by the router
	Class   Class  // how much it matters
	Allowed Set    // the arms it may take; Drop is always possible
}

// Load is what the router reads live, at the moment of the decision.
type Load struct {
	CPUBusy int     // pool slots taken, by running and by abandoned work
	Queued  int     // jobs that wait for a slot, in the queue and in forming batches
	Spawned int     // spawned jobs that have not returned
	Draw    float32 // uniform in [0,1): the chance that a policy may need
}

// Class says how much a job matters when not everything can run. The zero
// value is ClassDefault.
type Class uint8

// The classes. Under the adaptive policy sheddable work goes first and critical last.
const (
	ClassDefault Class = iota
	ClassSheddable
	ClassCritical
	ClassCriticalPlus
)

var classNames = [...]string{"default", "sheddable", "critical", "critical_plus"}

// NumClasses is the number of classes.
const NumClasses = int(ClassCriticalPlus) + 1

// Rank is the place of a class in the order of what matters, 0 for what matters most.
func (c Class) Rank() int {
	if int(c) < len(classRanks) {
		return classRanks[c]
	}
	return NumClasses - 1
}

var classRanks = [...]int{ClassCriticalPlus: 0, ClassCritical: 1, ClassDefault: 2, ClassSheddable: 3}

// CallOption marks a class as an option of one call: h.Do(ctx, in, ClassCritical).
func (Class) CallOption() {}

// String returns the wire name.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class(%d)", uint8(c))
}

// MarshalText writes the wire name.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a wire name and refuses anything else.
func (c *Class) UnmarshalText(text []byte) error {
	for i, name := range classNames {
		if name == string(text) {
			*c = Class(i)
			return nil
		}
	}
	return fmt.Errorf("unknown class %q: use one of default, sheddable, critical, critical_plus", text)
}
