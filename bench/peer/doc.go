// Package peer owns what Helix is compared with: the libraries and the hand-written
// schemes that a Go service would otherwise use to bound CPU work, each as a
// loadgen.Subject and each set up as its own documentation recommends. It must
// never be tuned to a scenario, and no peer may see what a caller could not tell
// it: the true size of a job is for nobody.
//
// What a budget is to Helix, a context that ends is to a peer: every job's context
// ends when its caller hangs up. A queue that skips jobs whose context has ended is
// given credit for that, whether the library does it or the work.
package peer
