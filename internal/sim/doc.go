// Package sim owns a router without a machine: a virtual clock, cores that share
// themselves among what runs, slots, queues, batches and deadlines, in one loop over
// events. Policies are judged here, at any number of cores, and the same run gives the
// same result to the bit. It must never read a clock, start a goroutine, draw
// randomness of its own, or decide a job: decisions are a route.Policy's, the live
// one's, and measurements are those of internal/feedback, internal/pressure and
// internal/capacity, the live ones too.
//
// # What is modelled
//
//   - Cores are shared evenly by everything that runs, inline, spawned or on a slot, but
//     nothing gets more than one core (cores.go).
//   - Each decision takes core time, whatever its answer (Overhead).
//   - Slots, the bound of the queue, the order of single jobs and batches, and the
//     spawn limit follow internal/exec (pool.go).
//   - A waiting job expires at its due time. The live router looks every millisecond.
//   - A job that is late while it runs goes on: most work cannot be stopped.
//   - The control loop ticks as the live one does (control.go).
//
// What is not: the Go scheduler's time slices, memory and its collector, caches, and
// callers that leave.
package sim
