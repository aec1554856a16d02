// Package fleetsim owns a fleet without machines: a virtual clock, a thousand nodes with lanes and
// queues, routers that hear of them late, and one stream of jobs that several ways to choose a node meet
// side by side. The choice of two random peers is judged here, by the code of internal/peer that the
// live client runs, and the same options give the same result to the bit. It must never read a clock, start
// a goroutine, draw randomness of its own, or know of a peer more than a report has said,
// save for the way that is named best possible.
//
// # What is modelled
//
//   - Nodes differ in lanes and in speed. Some of the slow ones say how slow they are, the others do not
//     (node.go). A lane runs one job at a time, to its end.
//   - A node refuses at its door what it predicts to be late, and drops what its time has passed for while it
//     waits, as a worker's own router does.
//   - Routers know sizes to some 30 % only. They hear a heartbeat of each node every Stale, all of them at
//     once, and where Replies is set also a report with each answer to a job of their own.
//   - A caller waits for its budget. A router that has no answer then counts the job as lost (run.go).
//   - Faults: nodes that take jobs and never answer while their heartbeats say that they idle, nodes that work
//     and report idleness, and nodes that end in mid-run with all that they hold.
//
// What is not: second attempts, jobs that the router could run itself, loss on the network, a link that is full, and
// what else runs on a node.
package fleetsim
