// Package admission owns the answer to one question: would a job that came in now be done
// in time, given all that waits before it and all that will come before it? It
// must never run, queue or refuse anything, nor know an arm from another. It has no
// clock, lock, goroutine or randomness.
//
// # Cells
//
// Work is put in order of class, then of size: critical work before default work before
// sheddable work, and within a class the short before the long, since that order
// finishes the most jobs. A [Cell] is a place in that order. What counts
// for a job is what is in its own cell and in the cells before: the backlog there, and the
// demand there, that is the core time per second that arrives, refused work included. A
// job whose cells before it ask for more than the cores can give has no time at which
// its turn comes, however long it waits; that is scarcity, job by job, in core time and not
// in numbers of jobs.
package admission
