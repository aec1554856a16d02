package kernel

import "context"

// The kind's limits: below 10,000 the job would be mostly overhead, above
// 250,000 the sieve would leave the first-level cache.
const (
	minPrimeLimit = 10_000
	maxPrimeLimit = 250_000
)

// PrimeCount counts the primes up to cost, clamped to 10,000..250,000.
func PrimeCount(ctx context.Context, cost uint64) (uint64, error) {
	beat := &pace{ctx: ctx}
	limit := primeLimit(cost)
	s, err := sieve(beat, limit)
	if err != nil {
		return 0, err
	}
	return s.upTo(s.advance(sieveStart, limit), limit), nil
}

func primeLimit(cost uint64) uint64 {
	return min(max(cost, minPrimeLimit), maxPrimeLimit)
}
