// Package kernel owns the three sample kinds of work, HashMix, PrimeCount and
// MonteCarloRisk: what they compute, bit for bit, alone and as a batch. It must
// never know how a job is routed, timed or refused; only register.go knows that
// there is a router.
//
// All three are pure: the same arguments give the same bits on every platform.
// Integer arithmetic wraps; every float product stands in an explicit float64(),
// which forbids the compiler to fuse it with the sum around it.
//
// A batch function does its work once where single runs would do it again, or
// side by side where single runs would wait on themselves:
//
//	PrimeCountBatch      one sieve up to the largest limit, each count read off on the way
//	HashMixBatch         four hashes step together, because one alone waits for its own multiplication
//	MonteCarloRiskBatch  jobs with one id share its random stream; jobs with different ids gain nothing
//
// Its results are the single runs' results, to the last bit.
//
// Every function looks at its context at least every 100 us of work and yields the
// processor about once a millisecond. The work is bounded whatever the arguments:
// at most 2^26 rounds (about 0.1 s), 250,000 numbers sieved, 50,000 simulations,
// and one pass over the inputs. The only error is the context's.
package kernel
