package kernel

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
)

// hashLanes is how many hashes step together. A round of one hash is a chain of
// 5 to 6 cycles that uses the multiplier for one of them, so four fit into the
// time of one. See BenchmarkHashMix.
const hashLanes = 4

// hashLane is one hash on its way.
type hashLane struct {
	state uint64
	left  uint64 // rounds still to do
	item  int    // whose hash this is
}

// HashMixBatch is HashMix for every item, bit for bit. Items may differ in size:
// the longest start first, and a lane that ends takes the next item.
func HashMixBatch(ctx context.Context, items []Work) ([]uint64, error) {
	beat := &pace{ctx: ctx}
	waiting, err := hashQueue(beat, items)
	if err != nil {
		return nil, err
	}
	results := make([]uint64, len(items))
	var lanes [hashLanes]hashLane
	budget := uint64(roundsPerLook)
	for active := 0; active+len(waiting) > 0; {
		if budget == 0 {
			if err := beat.look(); err != nil {
				return nil, err
			}
			budget = roundsPerLook
		}
		taken := copy(lanes[active:], waiting)
		active, waiting = active+taken, waiting[taken:]
		budget -= stirLanes(&lanes, active, budget)
		active = retire(&lanes, active, results)
	}
	return results, nil
}

// hashQueue folds the inputs of all items and orders them longest first, so that
// the lanes end at about the same time.
func hashQueue(beat *pace, items []Work) ([]hashLane, error) {
	queue := make([]hashLane, len(items))
	for i, w := range items {
		x, err := foldHash(beat, w.Inputs)
		if err != nil {
			return nil, err
		}
		queue[i] = hashLane{state: x, left: hashRounds(w.Cost), item: i}
	}
	slices.SortFunc(queue, func(a, b hashLane) int { return cmp.Compare(b.left, a.left) })
	return queue, nil
}

// stirLanes steps the active lanes until the first ends, at most the given
// rounds, and returns how many it stepped. Lanes beyond them are stepped too and
// ignored: they cost nothing. A single lane is not worth the wide loop.
func stirLanes(lanes *[hashLanes]hashLane, active int, rounds uint64) uint64 {
	n := rounds
	for i := range active {
		n = min(n, lanes[i].left)
	}
	if active == 1 {
		lanes[0].state = stir(lanes[0].state, n)
	} else {
		stirFour(lanes, n)
	}
	for i := range active {
		lanes[i].left -= n
	}
	return n
}

func stirFour(lanes *[hashLanes]hashLane, rounds uint64) {
	a, b, c, d := lanes[0].state, lanes[1].state, lanes[2].state, lanes[3].state
	for range rounds {
		a = (bits.RotateLeft64(a, 7) ^ golden) * splitMix
		b = (bits.RotateLeft64(b, 7) ^ golden) * splitMix
		c = (bits.RotateLeft64(c, 7) ^ golden) * splitMix
		d = (bits.RotateLeft64(d, 7) ^ golden) * splitMix
	}
	lanes[0].state, lanes[1].state, lanes[2].state, lanes[3].state = a, b, c, d
}

// retire writes down the lanes that ended, moves the others to the front and
// returns how many those are.
func retire(lanes *[hashLanes]hashLane, active int, results []uint64) int {
	kept := 0
	for _, l := range lanes[:active] {
		if l.left == 0 {
			results[l.item] = l.state
			continue
		}
		lanes[kept] = l
		kept++
	}
	return kept
}
