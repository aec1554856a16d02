// Package loadgen owns the live bench: it feeds a job stream to a subject in real
// time, with real work, and counts what became of every job. It must never know how
// a subject decides, and no subject gets an arrival sooner, later or other than the
// next one does: Helix and its peers are fed by the same code.
//
// # Open loop
//
// Jobs arrive on their schedule whatever the answers do, each on a goroutine of its
// own, and latency counts from the instant at which a job was due, not from the one
// at which it was sent. A subject that stalls therefore shows its stall in the
// latency of every job that was due meanwhile, instead of quietly delaying the load.
//
// # Where the generator runs
//
// The generator is a goroutine among the others, on GOMAXPROCS = cores. That is
// the better one of two ways that were measured, at 0.9x and 2x load on two cores,
// with all work yielding every 100 us:
//
//	                              lag p50   lag p99   job begins, p99
//	shared Ps                       50 us   0.2-0.4 ms     0.2-0.4 ms
//	own thread, one P more          80 us   3.6-4.7 ms     6.0-9.0 ms
//
// (best of four; the worst were several times that, on a machine that others used
// at the same time.) A goroutine whose timer fires is the next to run on its P, at
// the next yield, and what it starts runs there too. A locked thread and an extra P
// make it compete with the working threads for a core, and the operating system
// lets those finish their slice, 3 ms here, before it lets the generator in.
// Options.OwnThread chooses the second way, for machines with a core to spare.
//
// The generator only sleeps, with a timer of the kernel beside the runtime's where there
// is one (see napper). Spinning for the last millisecond before a job was due
// made the lag about ten times worse in three of four pairs of runs beside other
// programs, and no better in the fourth: the system takes the time that was spun away from
// the thread that has to be on time.
//
// Lag is reported with each result. A result whose lag is above 1 ms at p99 says
// more about the machine than about the subject.
package loadgen
