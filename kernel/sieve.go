package kernel

import (
	"math/bits"
)

// crossingsPerLook is about 20 us of crossing out, at 1 ns each.
const crossingsPerLook = 20_000

// oddSieve marks the odd composites: bit i stands for 2i+1. 250,000 numbers are
// 15.6 kB, which stay in the first-level cache; one byte a number would not, and
// is slower (BenchmarkPrimeCount).
type oddSieve []uint64

// sieve crosses out the multiples of every odd prime up to the limit's root.
func sieve(beat *pace, limit uint64) (oddSieve, error) {
	if err := beat.ctx.Err(); err != nil {
		return nil, err
	}
	end := (limit + 1) / 2 // odd numbers up to limit
	s := make(oddSieve, (end+63)/64)
	s[0] = 1 // 1 is not a prime
	work := uint64(0)
	for p := uint64(3); p*p <= limit; p += 2 {
		if s[p/128]>>(p/2%64)&1 == 1 {
			continue
		}
		for i := p * p / 2; i < end; i += p {
			s[i/64] |= 1 << (i % 64)
		}
		if work += end / p; work >= crossingsPerLook {
			work = 0
			if err := beat.look(); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// tally is how far a count along a sieve has come.
type tally struct {
	words  uint64 // whole words counted
	primes uint64 // primes in them, and the 2
}

// sieveStart counts the one prime that is not odd.
var sieveStart = tally{primes: 1}

// advance counts on to the last whole word at or below limit.
func (s oddSieve) advance(t tally, limit uint64) tally {
	for end := (limit + 1) / 2 / 64; t.words < end; t.words++ {
		t.primes += uint64(bits.OnesCount64(^s[t.words]))
	}
	return t
}

// upTo is the number of primes up to limit, given a tally short of it.
func (s oddSieve) upTo(t tally, limit uint64) uint64 {
	rest := (limit + 1) / 2 % 64
	if rest == 0 {
		return t.primes
	}
	return t.primes + uint64(bits.OnesCount64(^s[t.words]&(1<<rest-1)))
}
