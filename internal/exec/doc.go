// Package exec owns every goroutine that runs a job: the spawned ones, the pool's
// workers and the batches that ride on them, their queue and its bound. It makes
// each job run the way that the router decided and end exactly once: as done,
// failed or panicked by the worker that ran it, as canceled by the caller that
// left it, as expired by the clock. It must never know why a job was routed to it,
// and it decides nothing but the order of what waits.
//
// # The life of a task
//
//	waiting --begin--> running --settle--> ended       the caller gets the result
//	   |                  |
//	   |                  +----leave-----> abandoned   the caller is gone; the slot stays taken until the work returns
//	   +--------leave----> left                        the caller is gone; the work never starts
//	   +--------expire---> expired                     the budget passed; the work never starts
//
// Each arrow is one compare-and-swap, so exactly one party takes it, and the
// party that takes it writes the ledger entry.
//
// # Locks
//
// Pool.mu -> registry.mu and Spawner.mu -> registry.mu, only in claimAll; otherwise
// each is a leaf. No user code runs and nothing is recorded while one is held.
package exec
