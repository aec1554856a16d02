// Package workload owns where jobs come from: seeded mixes of the sample kinds,
// trace files, and the closed loop that feeds them to a router. It must never
// know how a router decides; it sees a job go in and an outcome come out.
//
// The same seed gives the same jobs on every platform and in every version. They
// are, to the last bit, the jobs that the original generator of this workload gave
// for the seed (testdata/seed7-200.jsonl is its output), so that old and new
// measurements compare. That is why the random numbers are made here, in
// chacha.go and draw.go, and not by a library: each step is part of the contract.
package workload
