package kernel

import (
	"context"
	"math/bits"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestKthSmallestIsTheSortedElement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 300), rapid.Just(uint64(noCut))).Draw(t, "top")
		values := rapid.SliceOfN(rapid.Uint64Range(0, top), 1, 300).Draw(t, "values")
		k := rapid.IntRange(0, len(values)-1).Draw(t, "k")
		before := slices.Clone(values)
		got := kthSmallest(values, k, top)
		if !slices.Equal(values, before) {
			t.Fatal("the values were moved")
		}
		if slices.Sort(before); got != before[k] {
			t.Fatalf("got %d, want %d", got, before[k])
		}
	})
}

// TestAStreamThatDefeatsTheCut keeps too few numbers, as if fewer than 5 % of a
// stream were small; the answer must come from drawing everything again.
func TestAStreamThatDefeatsTheCut(t *testing.T) {
	beat := &pace{ctx: t.Context()}
	for id := range uint64(20) {
		kept, starved := newStream(id, tailCut), newStream(id, 1<<40)
		if err := drawTo(beat, kept, minSims); err != nil {
			t.Fatal(err)
		}
		if err := drawTo(beat, starved, minSims); err != nil {
			t.Fatal(err)
		}
		want, _ := tailNumber(beat, kept, id)
		got, err := tailNumber(beat, starved, id)
		if err != nil || got != want {
			t.Errorf("id %d: %d, %v; want %d", id, got, err, want)
		}
	}
}

// TestHashLanesTogetherEqualOneAlone covers lanes that end at different rounds
// around a pause.
func TestHashLanesTogetherEqualOneAlone(t *testing.T) {
	var items []Work
	for i := range uint64(13) {
		items = append(items, Work{Inputs: []uint64{i}, Cost: costPerRound * (roundsPerLook*(i%3) + i)})
	}
	got, err := HashMixBatch(t.Context(), items)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range items {
		x, _ := foldHash(&pace{ctx: t.Context()}, w.Inputs)
		for range hashRounds(w.Cost) {
			x = (bits.RotateLeft64(x, 7) ^ golden) * splitMix
		}
		if got[i] != x {
			t.Errorf("item %d: %d, want %d", i, got[i], x)
		}
	}
}

// BenchmarkPace reports what looks cost, as shares of the work between them. The
// three variants alternate, so that all see the same machine.
func BenchmarkPace(b *testing.B) {
	const stretches = 128
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	beat, x := &pace{ctx: ctx}, uint64(1)
	variants := []func() error{
		func() error { return nil },
		beat.look,
		func() error { runtime.Gosched(); return ctx.Err() },
	}
	var took [3]time.Duration
	for b.Loop() {
		for i, look := range variants {
			start := time.Now()
			for range stretches {
				if x = stir(x, roundsPerLook); look() != nil {
					b.Fatal("the context ended")
				}
			}
			took[i] += time.Since(start)
		}
	}
	b.ReportMetric(100*(float64(took[1])/float64(took[0])-1), "%/look")
	b.ReportMetric(100*(float64(took[2])/float64(took[0])-1), "%/yield-each-look")
}
