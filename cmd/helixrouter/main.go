// Command helixrouter serves the sample kinds of work over HTTP, routed by a
// helix.Router. It owns what only a process has: arguments and environment, the
// listener, signals, exit codes, what is printed and logged. It must never decide
// how a job runs or what a request means; it wires the packages that do.
//
// The life of the daemon, in files:
//
//	run.go      arguments in, exit code out
//	daemon.go   configuration, router, listener, server; then one loop that waits
//	doors.go    the listeners: of the API, with TLS or without, and of probes
//	probes.go   /livez in a process of its own
//	startup.go  the startup workload, while the server answers already
//	summary.go  what became of it, on stdout
//	tracing.go  spans, where somebody wants them
//	reload.go   the configuration file, as it changes
//	weights.go  what is learned, from one life to the next
//	drain.go    from the first signal to the end
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
