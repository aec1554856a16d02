package metrics_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/metrics"
)

// decoded returns the native buckets of a histogram by index.
func decoded(t *testing.T, h *dto.Histogram) map[int]uint64 {
	t.Helper()
	buckets := map[int]uint64{}
	index, used, count := 0, 0, int64(0)
	for i, span := range h.GetPositiveSpan() {
		if i > 0 && span.GetOffset() < 0 {
			t.Fatalf("span %d goes back by %d", i, span.GetOffset())
		}
		index += int(span.GetOffset())
		for range span.GetLength() {
			count += h.GetPositiveDelta()[used]
			if count < 0 {
				t.Fatalf("bucket %d holds %d", index, count)
			}
			buckets[index] = uint64(count)
			used++
			index++
		}
	}
	if used != len(h.GetPositiveDelta()) {
		t.Fatalf("%d deltas, spans use %d", len(h.GetPositiveDelta()), used)
	}
	return buckets
}

// checkConsistent holds the classic buckets against the native ones.
func checkConsistent(t *testing.T, h *dto.Histogram) {
	t.Helper()
	native := decoded(t, h)
	atMost := func(bound float64) uint64 { // whole native buckets that begin below bound
		total := h.GetZeroCount()
		for index, n := range native {
			if math.Exp2(float64(index-1)/math.Exp2(float64(h.GetSchema()))) < bound*(1-1e-12) {
				total += n
			}
		}
		return total
	}
	if total := atMost(math.Inf(1)); total != h.GetSampleCount() {
		t.Errorf("native buckets hold %d, count is %d", total, h.GetSampleCount())
	}
	var before uint64
	for _, b := range h.GetBucket() {
		got := b.GetCumulativeCount()
		if got < before || got > h.GetSampleCount() {
			t.Errorf("le=%v holds %d after %d, of %d", b.GetUpperBound(), got, before, h.GetSampleCount())
		}
		if want := atMost(b.GetUpperBound()); got != want {
			t.Errorf("le=%v holds %d, native says %d", b.GetUpperBound(), got, want)
		}
		before = got
	}
}

// TestHistogramsAgree checks every histogram of a router that ran real jobs.
func TestHistogramsAgree(t *testing.T) {
	r, h := exercisedHandler(t, nil)
	found := families(t, h, acceptProtobuf)
	for _, name := range []string{
		"helix_queue_wait_seconds", "helix_run_seconds", "helix_sojourn_seconds", "helix_batch_size", "helix_decision_seconds",
	} {
		if len(found[name].GetMetric()) == 0 {
			t.Errorf("%s is not there", name)
		}
		for _, m := range found[name].GetMetric() {
			checkConsistent(t, m.GetHistogram())
		}
	}
	for _, k := range r.Stats().Kinds {
		m := find(found["helix_sojourn_seconds"], k.Kind, k.Strategy.String())
		if k.Strategy == helix.Drop {
			if m != nil {
				t.Errorf("%s: dropped jobs have times", k.Kind)
			}
			continue
		}
		got := m.GetHistogram()
		if got.GetSampleCount() != k.Sojourn.Count() || got.GetSampleSum() != k.Sojourn.Sum() {
			t.Errorf("%s on %s: %v, want %d jobs of %v s", k.Kind, k.Strategy, got, k.Sojourn.Count(), k.Sojourn.Sum())
		}
		native := decoded(t, got)
		for b := range k.Sojourn.Buckets() {
			if native[b.Index] != b.Count {
				t.Errorf("%s on %s: bucket %d holds %d, want %d", k.Kind, k.Strategy, b.Index, native[b.Index], b.Count)
			}
		}
	}
	sizes := find(found["helix_batch_size"]).GetHistogram()
	if s := r.Stats().Batches; sizes.GetSampleSum() != 8 || sizes.GetSampleCount() != s.Count || s.Count == 0 {
		t.Errorf("%v, want %d batches of 8 jobs", sizes, s.Count)
	}
	if got := find(found["helix_decision_seconds"]).GetHistogram().GetSampleCount(); got != r.Stats().Decision.Count() {
		t.Errorf("%d decisions, want %d", got, r.Stats().Decision.Count())
	}
}

// TestHistogramBuckets runs jobs of known length under fake time: in the zero
// bucket, on and beside a classic bound, side by side, and beyond the last bucket.
func TestHistogramBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouter(t, withoutLegacy)
		for _, d := range []time.Duration{
			0, 50, time.Millisecond, 2 * time.Millisecond, 250 * time.Millisecond, 251 * time.Millisecond,
			time.Second, 30 * time.Second, 30 * time.Second, 100 * time.Second, 300 * time.Second,
		} {
			run(r, helix.Hint{Kind: "sleep", Cost: cheap}, func() error { time.Sleep(d); return nil })
		}
		found := families(t, metrics.Handler(r), acceptProtobuf)
		h := find(found["helix_run_seconds"], "sleep", "inline").GetHistogram()
		checkConsistent(t, h)
		if h.GetZeroCount() != 2 || h.GetSchema() != helix.HistogramSchema || h.GetZeroThreshold() != helix.HistogramZeroThreshold {
			t.Errorf("zero count %d, schema %d, threshold %v", h.GetZeroCount(), h.GetSchema(), h.GetZeroThreshold())
		}
		native := decoded(t, h)
		for index, want := range map[int]uint64{
			-32: 1,                           // 250 ms = 2^(-32/16) s ends its bucket
			-31: 1,                           // 251 ms
			0:   1,                           // 1 s
			79:  2,                           // 30 s, (29.3, 30.6]
			129: 1,                           // 300 s, beyond the last
			-16: 0, -159: 1, -143: 1, 107: 1, // 1 ms, 2 ms, 100 s
		} {
			if native[index] != want {
				t.Errorf("bucket %d holds %d, want %d of %v", index, native[index], want, native)
			}
		}
		for _, b := range h.GetBucket() {
			want, ok := map[float64]uint64{1e-6: 2, 1e-4: 2, 1e-3: 3, 2.5e-3: 4, 0.1: 4, 0.25: 5, 0.5: 6, 1: 7, 10: 7, 60: 9}[b.GetUpperBound()]
			if ok && b.GetCumulativeCount() != want {
				t.Errorf("le=%v holds %d, want %d", b.GetUpperBound(), b.GetCumulativeCount(), want)
			}
		}
		if h.GetSampleCount() != 11 {
			t.Errorf("count %d, want 11", h.GetSampleCount())
		}
		wait := find(found["helix_queue_wait_seconds"], "sleep", "inline").GetHistogram()
		if wait.GetZeroCount() != 11 || wait.GetSampleSum() != 0 {
			t.Errorf("inline jobs waited: %v", wait)
		}
	})
}

// TestEmptyRouter scrapes before the first job: what has no labels is there, at 0.
func TestEmptyRouter(t *testing.T) {
	found := families(t, metrics.Handler(newRouter(t, nil)), acceptProtobuf)
	for _, name := range []string{"helix_batch_size", "helix_decision_seconds"} {
		m := find(found[name])
		if m == nil || m.GetHistogram().GetSampleCount() != 0 {
			t.Fatalf("%s = %v, want it empty", name, m)
		}
		checkConsistent(t, m.GetHistogram())
	}
	if find(found["helix_sheds_total"], "queue_full") == nil || find(found["helix_completed"]) == nil {
		t.Error("counters are missing before the first job")
	}
}
