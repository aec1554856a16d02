// Package machine owns the readings of what the process runs on: the cores that
// the runtime and the control groups leave it, the CPU time that it uses, how long
// its goroutines wait for a core, and what the garbage collector takes.
//
// It must never know what a reading is good for: no pool, job, pressure or limit of
// a router appears here, and it changes nothing, neither GOMAXPROCS nor GOMEMLIMIT.
// It starts no goroutine and reads no clock: a [Reader] reads when it is told to,
// as of the time that it is told.
//
// What cannot be known, on this system or yet, reads -1, except where a field says
// otherwise. No reading is an error: a machine that tells nothing is a machine to
// run on like any other.
package machine
