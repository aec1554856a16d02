package metrics

import (
	"iter"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// histogram is a metric that carries classic and native buckets at once. The
// constant metrics of client_golang carry either the ones or the others.
type histogram struct {
	family *prometheus.Desc
	labels []*dto.LabelPair
	value  *dto.Histogram // not written after it was made
}

// Desc implements prometheus.Metric.
func (h *histogram) Desc() *prometheus.Desc { return h.family }

// Write implements prometheus.Metric.
func (h *histogram) Write(m *dto.Metric) error {
	m.Label, m.Histogram = h.labels, h.value
	return nil
}

// metric makes a histogram of this shape from native buckets in rising order.
func (s *shape) metric(
	f *prometheus.Desc, count, zero uint64, sum float64, buckets iter.Seq2[int, uint64], labels ...string,
) *histogram {
	c := newClassic(s, zero)
	var n native
	for index, count := range buckets {
		c.add(index, count)
		n.add(index, count)
	}
	return &histogram{
		family: f,
		labels: prometheus.MakeLabelPairs(f, labels),
		value: &dto.Histogram{
			SampleCount:   &count,
			SampleSum:     &sum,
			Bucket:        c.all(),
			Schema:        &s.schema,
			ZeroThreshold: &s.zeroThreshold,
			ZeroCount:     &zero,
			PositiveSpan:  n.spans,
			PositiveDelta: n.deltas,
		},
	}
}

// classic adds up native buckets to the cumulative classic ones.
type classic struct {
	shape  *shape
	counts []uint64 // of the buckets closed so far
	total  uint64   // everything added so far
}

func newClassic(s *shape, zero uint64) classic {
	return classic{shape: s, counts: make([]uint64, 0, len(s.bounds)), total: zero}
}

// add closes the buckets that end before a native one, and takes its count.
func (c *classic) add(index int, count uint64) {
	for len(c.counts) < len(c.shape.last) && c.shape.last[len(c.counts)] < index {
		c.counts = append(c.counts, c.total)
	}
	c.total += count
}

// all returns the buckets but +Inf, which the formats make of the count. They are
// allocated as one: a scrape of many kinds consists of little else.
func (c *classic) all() []*dto.Bucket {
	for len(c.counts) < len(c.shape.bounds) {
		c.counts = append(c.counts, c.total)
	}
	buckets, all := make([]dto.Bucket, len(c.counts)), make([]*dto.Bucket, len(c.counts))
	for i := range buckets {
		buckets[i].UpperBound, buckets[i].CumulativeCount = &c.shape.bounds[i], &c.counts[i]
		all[i] = &buckets[i]
	}
	return all
}

// spanGap is the longest run of empty buckets that is written out. A new span costs
// two numbers and an empty bucket one.
const spanGap = 2

// native writes native buckets as spans and deltas: where runs of buckets are, and
// by how much each bucket differs from the one before.
type native struct {
	spans  []*dto.BucketSpan
	deltas []int64
	next   int    // index after the last bucket
	before uint64 // count of the last bucket
}

func (n *native) add(index int, count uint64) {
	gap := index - n.next // for the first span the format counts from 0, as next does
	if len(n.spans) == 0 || gap > spanGap {
		offset, length := int32(gap), uint32(0)
		n.spans = append(n.spans, &dto.BucketSpan{Offset: &offset, Length: &length})
		gap = 0
	}
	for range gap {
		n.put(0)
	}
	n.put(count)
	n.next = index + 1
}

// put appends one bucket to the last span.
func (n *native) put(count uint64) {
	*n.spans[len(n.spans)-1].Length++
	n.deltas = append(n.deltas, int64(count-n.before)) // wraps to the negative difference
	n.before = count
}
