package workload

import "testing"

// TestChachaKnownAnswer is the 12-round test vector of the all-zero key and nonce
// (draft-strombergson-chacha-test-vectors, TC1).
func TestChachaKnownAnswer(t *testing.T) {
	c := &chacha{used: blockWords}
	for i, want := range []uint32{0x6a9af49b, 0x53f95507, 0x12ce1f81, 0xd583265f} {
		if got := c.uint32(); got != want {
			t.Errorf("word %d: %08x, want %08x", i, got, want)
		}
	}
}

func TestWordPairsNeedNotBeAligned(t *testing.T) {
	words, pairs := newChacha(1), newChacha(1)
	if words.uint32() != pairs.uint32() {
		t.Fatal("one seed, two streams")
	}
	for i := range 40 { // over two block borders
		low, high := uint64(words.uint32()), uint64(words.uint32())
		if got := pairs.uint64(); got != high<<32|low {
			t.Fatalf("pair %d: %x, want %x", i, got, high<<32|low)
		}
	}
}

func TestChanceAtItsEnds(t *testing.T) {
	sure, drawn := newChacha(1), newChacha(1)
	if !sure.chance(1) || sure.uint64() != drawn.uint64() {
		t.Error("certainty took a draw")
	}
	if drawn.chance(0) {
		t.Error("the impossible happened")
	}
}

func TestWithinReachesBothEnds(t *testing.T) {
	c, seen := newChacha(1), map[uint64]bool{}
	for range 1000 {
		v := c.within(span{2, 6})
		if v < 2 || v > 6 {
			t.Fatalf("%d is outside 2..6", v)
		}
		seen[v] = true
	}
	if len(seen) != 5 {
		t.Errorf("saw %d of 5 numbers", len(seen))
	}
}

func TestFractionStaysWithin(t *testing.T) {
	c := newChacha(1)
	for range 100_000 {
		if v := c.fraction(); v < 0 || v > 1 {
			t.Fatalf("%v is outside 0..1", v)
		}
	}
}
