package workload

import "math/bits"

const (
	// chachaRounds is what the original's generator used: Rust's rand 0.8 StdRng is
	// ChaCha with 12 rounds.
	chachaRounds = 12
	blockWords   = 16
)

// chacha is the ChaCha stream cipher used as a random number generator: the
// words of its key stream, from block 0 of stream 0. It exists here because
// math/rand/v2's ChaCha8 has other rounds and another key schedule, and the jobs
// of a seed must stay those of the original.
type chacha struct {
	key     [8]uint32
	counter uint64 // of the next block
	block   [blockWords]uint32
	used    int // words of block handed out; a fresh generator has used them all
}

// newChacha expands a seed to a key the way rand_core 0.6 does in seed_from_u64:
// eight outputs of a PCG32 with its default multiplier and a fixed increment.
func newChacha(seed uint64) *chacha {
	const multiplier, increment = 6364136223846793005, 11634580027462260723
	c := &chacha{used: blockWords}
	for i := range c.key {
		seed = seed*multiplier + increment
		xorshifted := uint32((seed>>18 ^ seed) >> 27)
		c.key[i] = bits.RotateLeft32(xorshifted, -int(seed>>59))
	}
	return c
}

// uint32 returns the next word.
func (c *chacha) uint32() uint32 {
	if c.used == blockWords {
		c.refill()
	}
	c.used++
	return c.block[c.used-1]
}

// uint64 returns the next two words, the low one first. They need not be aligned.
func (c *chacha) uint64() uint64 {
	low := uint64(c.uint32())
	return low | uint64(c.uint32())<<32
}

// refill computes the next block: the ChaCha permutation of constants, key and
// counter, added to them.
func (c *chacha) refill() {
	in := [blockWords]uint32{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574} // "expand 32-byte k"
	copy(in[4:12], c.key[:])
	in[12], in[13] = uint32(c.counter), uint32(c.counter>>32)
	x := in
	for range chachaRounds / 2 {
		for i := range 4 { // columns
			quarter(&x, i, 4+i, 8+i, 12+i)
		}
		for i := range 4 { // diagonals
			quarter(&x, i, 4+(i+1)%4, 8+(i+2)%4, 12+(i+3)%4)
		}
	}
	for i := range x {
		c.block[i] = x[i] + in[i]
	}
	c.counter++
	c.used = 0
}

func quarter(x *[blockWords]uint32, a, b, c, d int) {
	x[a] += x[b]
	x[d] = bits.RotateLeft32(x[d]^x[a], 16)
	x[c] += x[d]
	x[b] = bits.RotateLeft32(x[b]^x[c], 12)
	x[a] += x[b]
	x[d] = bits.RotateLeft32(x[d]^x[a], 8)
	x[c] += x[d]
	x[b] = bits.RotateLeft32(x[b]^x[c], 7)
}
