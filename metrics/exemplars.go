package metrics

import (
	"math"
	"slices"
	"sort"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Exemplars keeps, of traced jobs, the last one in each bucket of the three histograms
// of job times, so that a point in a heatmap leads to a trace. Give it to a collector
// with WithExemplars, and to the tracer:
//
//	helixotel.OnTiming(func(t helixotel.Timing) {
//		exemplars.Observe(t.Kind, t.Strategy, t.Wait, t.Run, t.TraceID, t.SpanID, t.Ended)
//	})
//
// The zero value is empty and ready. It is safe for concurrent use.
type Exemplars struct {
	mu    sync.Mutex
	cells map[exemplarKey]*exemplarCell // guarded by mu
}

// exemplarKey is one kind on one strategy.
type exemplarKey struct{ kind, strategy string }

// exemplarCell has the buckets of each histogram; the last bucket is +Inf.
type exemplarCell struct{ wait, run, sojourn []exemplar }

// exemplar is one job. The zero one is none.
type exemplar struct {
	seconds         float64
	traceID, spanID string
	at              time.Time
}

// maxExemplarCells bounds the memory: a router has 256 kinds at most, on the five
// strategies that run jobs. A cell takes 3.5 KB, so that all take 4.5 MB.
const maxExemplarCells = 256 * 5

// maxTraceID and maxSpanID bound what is kept of a job and sent: OpenMetrics allows an
// exemplar 128 characters of labels.
const (
	maxTraceID = 64
	maxSpanID  = 32
)

// Observe notes a job that ran to its end. Wait and run are what the router recorded;
// the ids are text of up to 64 and 32 bytes, and a job with a longer or empty trace id is
// not noted. It takes some 130 ns and allocates only at the first sight of a kind.
func (e *Exemplars) Observe(kind, strategy string, wait, run time.Duration, traceID, spanID string, ended time.Time) {
	if traceID == "" || len(traceID) > maxTraceID || len(spanID) > maxSpanID {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	key := exemplarKey{kind, strategy}
	c := e.cells[key]
	if c == nil {
		if len(e.cells) >= maxExemplarCells {
			return
		}
		if e.cells == nil {
			e.cells = map[exemplarKey]*exemplarCell{}
		}
		n := len(jobShape.bounds) + 1
		c = &exemplarCell{make([]exemplar, n), make([]exemplar, n), make([]exemplar, n)}
		e.cells[key] = c
	}
	for _, x := range []struct {
		buckets []exemplar
		took    time.Duration
	}{{c.wait, wait}, {c.run, run}, {c.sojourn, wait + run}} {
		seconds := x.took.Seconds()
		x.buckets[sort.SearchFloat64s(jobShape.bounds, seconds)] = exemplar{seconds, traceID, spanID, ended}
	}
}

// of returns copies of what is kept of one kind on one strategy. A nil *Exemplars has none.
func (e *Exemplars) of(kind, strategy string) (c exemplarCell) {
	if e == nil {
		return c
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if kept := e.cells[exemplarKey{kind, strategy}]; kept != nil {
		c = exemplarCell{slices.Clone(kept.wait), slices.Clone(kept.run), slices.Clone(kept.sojourn)}
	}
	return c
}

func (x *exemplar) message() *dto.Exemplar {
	return &dto.Exemplar{
		Label:     []*dto.LabelPair{{Name: proto.String("trace_id"), Value: &x.traceID}, {Name: proto.String("span_id"), Value: &x.spanID}},
		Value:     &x.seconds,
		Timestamp: timestamppb.New(x.at),
	}
}

// with adds exemplars, one for each classic bucket and +Inf. The native buckets get the
// same, in the order of time, as a server wants them.
func (h *histogram) with(buckets []exemplar) *histogram {
	var all []*dto.Exemplar
	for i := range buckets {
		if buckets[i].at.IsZero() {
			continue
		}
		m := buckets[i].message()
		all = append(all, m)
		if i == len(h.value.Bucket) {
			h.value.Bucket = append(h.value.Bucket, &dto.Bucket{UpperBound: proto.Float64(math.Inf(1)), CumulativeCount: h.value.SampleCount})
		}
		h.value.Bucket[i].Exemplar = m
	}
	slices.SortFunc(all, func(a, b *dto.Exemplar) int { return a.Timestamp.AsTime().Compare(b.Timestamp.AsTime()) })
	h.value.Exemplars = all
	return h
}
