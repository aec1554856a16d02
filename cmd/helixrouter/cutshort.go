package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/helixrouter/helix"
)

// cutShort is the admitted work that the drain timeout took from its callers.
type cutShort struct {
	canceled uint64 // by the router's Close or the API, leftovers among them
	inline   uint64 // on goroutines of requests that were cut
	err      error  // of the router's Close
}

func (c cutShort) any() bool { return c.canceled > 0 || c.inline > 0 || c.err != nil }

// report is the error that names them.
func (c cutShort) report(timeout time.Duration) error {
	var left *helix.CloseError
	if c.err != nil && !errors.As(c.err, &left) {
		return exitf(exitFailure, "the router did not close: %w", c.err)
	}
	var parts []string
	stubborn := uint64(0)
	if left != nil {
		stubborn = uint64(len(left.Leftovers))
		parts = append(parts, leftovers(left, timeout))
	}
	if n := c.canceled - min(c.canceled, stubborn); n > 0 {
		parts = append(parts, fmt.Sprintf("%d jobs were canceled at the end of the drain timeout of %v", n, timeout))
	}
	if onCallers := c.onCallers(left); c.inline > onCallers {
		parts = append(parts, fmt.Sprintf("%d jobs still ran on their requests' goroutines at the end of the drain timeout of %v", c.inline-onCallers, timeout))
	}
	return exitf(exitLeftovers, "%s", strings.Join(parts, "\n"))
}

// onCallers are the jobs that the leftovers name already.
func (c cutShort) onCallers(left *helix.CloseError) uint64 {
	if left == nil {
		return 0
	}
	return uint64(left.OnCallers)
}

// leftovers lists the work that ignores that it was cancelled.
func leftovers(left *helix.CloseError, timeout time.Duration) string {
	var list strings.Builder
	fmt.Fprintf(&list, "%d jobs outlived the drain timeout of %v:", len(left.Leftovers)+left.OnCallers, timeout)
	for _, job := range left.Leftovers {
		fmt.Fprintf(&list, "\n  %s on %s, running for %v", job.Kind, job.Strategy, job.Running.Round(time.Millisecond))
	}
	if left.OnCallers > 0 {
		fmt.Fprintf(&list, "\n  %d that run on their callers' goroutines", left.OnCallers)
	}
	return list.String()
}
