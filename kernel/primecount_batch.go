package kernel

import (
	"cmp"
	"context"
	"slices"
)

// PrimeCountBatch is PrimeCount for every item, with one sieve for all of them:
// a batch costs what its largest item costs.
func PrimeCountBatch(ctx context.Context, items []Work) ([]uint64, error) {
	beat := &pace{ctx: ctx}
	if len(items) == 0 {
		return nil, ctx.Err()
	}
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(items[a].Cost, items[b].Cost) })
	s, err := sieve(beat, primeLimit(items[order[len(order)-1]].Cost))
	if err != nil {
		return nil, err
	}
	results := make([]uint64, len(items))
	soFar := sieveStart
	for _, i := range order {
		limit := primeLimit(items[i].Cost)
		soFar = s.advance(soFar, limit)
		results[i] = s.upTo(soFar, limit)
	}
	return results, nil
}
