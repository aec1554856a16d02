package machine

import (
	"math"
	"runtime/metrics"
	"time"
)

const (
	// enoughWaits is how many the p99 of a window is taken of: fewer, and it is
	// their maximum, which one odd goroutine sets. The runtime counts one wait in
	// eight, so that is some 800 of them.
	enoughWaits = 100
	// patience is how long a window stays open for them. After that it tells of
	// what there was, or of nothing when even fewWaits is too much to ask.
	patience = time.Second
	fewWaits = 20
	// tail is the share of the waits that may be longer than what is returned.
	tail = 0.01
)

// latency finds the p99 of the waits since the last window out of a histogram that
// only grows. The zero value is ready.
type latency struct {
	before []uint64 // the counts at the end of the last window
	ended  time.Duration
	p99    time.Duration
}

// next returns the p99 of the newest window that has ended, as the upper end of the
// bucket in which it lies: the runtime's are a quarter wide at most.
func (l *latency) next(now time.Duration, h *metrics.Float64Histogram) time.Duration {
	if h == nil {
		return 0
	}
	if len(l.before) != len(h.Counts) {
		l.before = make([]uint64, len(h.Counts))
		l.end(now, h)
		return 0
	}
	var waits uint64
	for i, n := range h.Counts {
		waits += n - l.before[i]
	}
	if waits < enoughWaits && now-l.ended < patience {
		return l.p99
	}
	l.p99 = 0
	if waits >= fewWaits {
		l.p99 = l.exceededBy(uint64(tail*float64(waits)), h)
	}
	l.end(now, h)
	return l.p99
}

func (l *latency) end(now time.Duration, h *metrics.Float64Histogram) {
	copy(l.before, h.Counts)
	l.ended = now
}

// exceededBy returns the wait that no more than so many of the window exceed.
func (l *latency) exceededBy(most uint64, h *metrics.Float64Histogram) time.Duration {
	var above uint64
	for i := len(h.Counts) - 1; i >= 0; i-- {
		if above += h.Counts[i] - l.before[i]; above > most {
			return upperEnd(h.Buckets[i], h.Buckets[i+1])
		}
	}
	return 0
}

// upperEnd returns the end of a bucket that is a number.
func upperEnd(low, high float64) time.Duration {
	if math.IsInf(high, 1) {
		high = low
	}
	return time.Duration(min(max(high, 0)*float64(time.Second), math.MaxInt64/2))
}

// countedWaits is how many waits stand behind one in the histogram: the runtime
// times each goroutine's every eighth (gTrackingPeriod).
const countedWaits = 8

// waited returns how long goroutines have waited for a core since the process
// began, in seconds, summed over all of them, as far as the buckets tell.
func waited(h *metrics.Float64Histogram) (sum float64) {
	if h == nil {
		return 0
	}
	for i, n := range h.Counts {
		if n == 0 {
			continue
		}
		low, high := max(h.Buckets[i], 0), h.Buckets[i+1]
		if math.IsInf(high, 1) {
			high = low
		}
		sum += float64(n) * (low + high) / 2
	}
	return countedWaits * sum
}
