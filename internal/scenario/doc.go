// Package scenario owns the job streams that routers are judged on: when jobs
// come, how large they say they are, how large they are, and when they are late.
// A scenario is a name, a load and a seed, and the same three give the same jobs on
// every platform: the simulator, the live bench and every peer are fed by it. It
// must never know who runs the jobs, read a clock, or use randomness it was not
// given a seed for.
//
// # The same bytes everywhere
//
// Random bits come from math/rand/v2's PCG, used directly: rand.Rand's bounded
// draws differ between 32 and 64 bit platforms. Logarithm and cube root are this
// package's own, made of additions, products, quotients and comparisons, each of
// which IEEE 754 rounds in one way only; package math has assembly of its own for
// some of them on some platforms. Every product that is added to something is
// written float64(a*b), which forbids the compiler to fuse the two.
package scenario
