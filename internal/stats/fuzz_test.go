package stats_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/stats"
)

// FuzzHistogram reads data as durations and compares every answer with that of
// an exact sort.
func FuzzHistogram(f *testing.F) {
	f.Add([]byte{}, 0.5)
	f.Add(binary.LittleEndian.AppendUint64(nil, 1e9), 1.0)
	f.Add(binary.LittleEndian.AppendUint64(make([]byte, 24), 1<<37), math.NaN())
	f.Fuzz(func(t *testing.T, data []byte, q float64) {
		var sample []time.Duration
		for ; len(data) >= 8; data = data[8:] {
			sample = append(sample, max(0, time.Duration(binary.LittleEndian.Uint64(data))))
		}
		h := observed(sample)
		slices.Sort(sample)
		exact, got := stats.NearestRank(sample, q), h.Quantile(q)
		if !keepsPromise(got, exact) || got < h.Min() || got > h.Max() {
			t.Fatalf("quantile %g of %d: %d, exact %d, min %d, max %d", q, len(sample), got, exact, h.Min(), h.Max())
		}
		if len(sample) > 0 && (h.Min() != sample[0] || h.Max() != sample[len(sample)-1]) {
			t.Fatalf("min %d, max %d of %v", h.Min(), h.Max(), sample)
		}
		total := h.ZeroCount() + h.Overflow()
		h.Buckets(func(_ int, _ float64, n uint64) bool { total += n; return true })
		if total != h.Count() || total != uint64(len(sample)) {
			t.Fatalf("buckets hold %d, count %d, observed %d", total, h.Count(), len(sample))
		}
	})
}
