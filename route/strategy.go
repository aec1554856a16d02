package route

import (
	"fmt"
	"strings"
)

// Strategy is one way to treat a job: one of the ways to run it, or to refuse it.
// The zero value is Inline.
type Strategy uint8

// The strategies, in the order of their wire names.
const (
	Inline        Strategy = iota // on the caller's goroutine
	Spawn                         // on a goroutine of its own, bounded in number
	CPUPool                       // on one of a bounded number of pool slots
	Batch                         // together with other jobs of its kind, on one slot
	Drop                          // not at all: shed, with a reason
	Remote                        // on another machine
	NumStrategies = int(Remote) + 1
	// NumLocal is how many strategies need no other machine; they are numbered first.
	NumLocal = int(Drop) + 1
)

var strategyNames = [NumStrategies]string{"inline", "spawn", "cpu_pool", "batch", "drop", "remote"}

// Strategies lists every strategy, for loops over all of them.
func Strategies() [NumStrategies]Strategy {
	return [NumStrategies]Strategy{Inline, Spawn, CPUPool, Batch, Drop, Remote}
}

// String returns the wire name: "inline", "spawn", "cpu_pool", "batch", "drop" or "remote".
func (s Strategy) String() string {
	if int(s) < len(strategyNames) {
		return strategyNames[s]
	}
	return fmt.Sprintf("strategy(%d)", uint8(s))
}

// MarshalText writes the wire name.
func (s Strategy) MarshalText() ([]byte, error) {
	if int(s) >= len(strategyNames) {
		return nil, fmt.Errorf("strategy %d has no name: use one of %s", uint8(s), strings.Join(strategyNames[:], ", "))
	}
	return []byte(strategyNames[s]), nil
}

// UnmarshalText reads a wire name and refuses anything else.
func (s *Strategy) UnmarshalText(text []byte) error {
	for i, name := range strategyNames {
		if name == string(text) {
			*s = Strategy(i)
			return nil
		}
	}
	return fmt.Errorf("unknown strategy %q: use one of %s", text, strings.Join(strategyNames[:], ", "))
}
