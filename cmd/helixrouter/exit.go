package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// The exit codes are part of the interface: see help.
const (
	exitOK        = 0
	exitFailure   = 1 // it ran, or tried to, and something broke
	exitUsage     = 2 // a flag, argument or variable that cannot be used
	exitConfig    = 3 // the configuration is invalid
	exitLeftovers = 4 // the drain timeout cut jobs short
)

// exitError is an error that knows its exit code. Its text may have several lines.
type exitError struct {
	code int
	err  error
}

// Error returns the cause's text.
func (e *exitError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *exitError) Unwrap() error { return e.err }

func exitf(code int, format string, args ...any) error {
	return &exitError{code, fmt.Errorf(format, args...)}
}

// settle prints what is left to say of an error and returns the exit code. An
// error without a code is cobra's own: an unknown flag, command or argument.
func settle(err error, command string, stderr io.Writer) int {
	var exit *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		fmt.Fprintln(stderr, "helixrouter:", err)
		return exit.code
	default:
		fmt.Fprintf(stderr, "helixrouter: %v\n%s --help says what there is and what it takes\n", strings.TrimSpace(err.Error()), command)
		return exitUsage
	}
}
