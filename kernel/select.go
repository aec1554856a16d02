package kernel

import (
	"math/bits"
	"slices"
)

// selectBuckets is a compromise: the stream's 391 to 3906 kept numbers spread over
// 160 buckets or more, so that 2 to 24 are left to sort, and 256 counters are
// quickly cleared.
const selectBuckets = 256

// kthSmallest returns the element that would be at index k if values were
// sorted. No value is above top. One pass counts, one gathers the bucket that
// holds the element, and that is sorted: a bucket that holds everything makes it
// a sort, never worse. values stay as they are.
func kthSmallest(values []uint64, k int, top uint64) uint64 {
	shift := max(bits.Len64(top), 8) - 8
	var counts [selectBuckets]uint32
	for _, v := range values {
		counts[uint8(v>>shift)]++
	}
	bucket := 0
	for k >= int(counts[bucket]) {
		k -= int(counts[bucket])
		bucket++
	}
	gathered := make([]uint64, 0, counts[bucket])
	for _, v := range values {
		if int(v>>shift) == bucket {
			gathered = append(gathered, v)
		}
	}
	slices.Sort(gathered)
	return gathered[k]
}
