package kernel

import (
	"context"
	"math/bits"
	"slices"
)

const (
	// maxHashCost bounds a HashMix: 2^32 cost units are 2^26 rounds, about 0.1 s.
	// A larger cost is a valid job that does no more work than this.
	maxHashCost = 1 << 32
	// costPerRound scales declared cost to rounds, as the kind is defined.
	costPerRound = 64
	// roundsPerLook is about 30 us: a round waits 5 to 6 cycles for its own
	// multiplication. Three times slower a machine still looks within 100 us.
	roundsPerLook = 1 << 14
)

// The constants that define the hash: FNV-1a's offset and prime, MurmurHash3's
// two finalizer multipliers, and the golden ratio and multiplier of SplitMix64.
const (
	fnvOffset  = 0xcbf29ce484222325
	fnvPrime   = 0x100000001b3
	finalizerA = 0xff51afd7ed558ccd
	finalizerB = 0xc4ceb9fe1a85ec53
	golden     = 0x9e3779b97f4a7c15
	splitMix   = 0xbf58476d1ce4e5b9
)

// HashMix folds the inputs into a hash and stirs it for max(cost/64, 1) rounds.
// A cost over 2^32 counts as 2^32.
func HashMix(ctx context.Context, inputs []uint64, cost uint64) (uint64, error) {
	beat := &pace{ctx: ctx}
	t, err := foldHash(beat, inputs)
	if err != nil {
		return 0, err
	}
	for left := hashRounds(cost); ; {
		n := min(left, roundsPerLook)
		t = stir(t, n)
		if left -= n; left == 0 {
			return t, nil
		}
		if err := beat.look(); err != nil {
			return 0, err
		}
	}
}

// foldHash is the part of a HashMix that depends on the inputs.
func foldHash(beat *pace, inputs []uint64) (uint64, error) {
	x, err := uint64(fnvOffset), beat.ctx.Err()
	for stretch := range slices.Chunk(inputs, inputsPerLook) {
		if err != nil {
			return 0, err
		}
		for _, v := range stretch {
			x = (x ^ v) * fnvPrime
			x = (x ^ x>>33) * finalizerA
			x = (x ^ x>>33) * finalizerB
			x ^= x >> 33
		}
		if len(stretch) == inputsPerLook {
			err = beat.look()
		}
	}
	return x, err
}

func hashRounds(cost uint64) uint64 {
	return max(min(cost, maxHashCost)/costPerRound, 1)
}

func stir(t, rounds uint64) uint64 {
	for range rounds {
		t = (bits.RotateLeft64(t, 7) ^ golden) * splitMix
	}
	return t
}
