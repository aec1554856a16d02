package history

import (
	"math"
	"time"

	"github.com/helixrouter/helix"
)

// numbers are the columns of one value a sample, in the order of names.
type numbers [len(names)]float64

// names are those columns as they are called on the wire.
var names = [...]string{
	"offered", "admitted", "goodput", "shed", "expired", "failed", "pressure", "width",
	"busy", "queued", "queue_wait_p99", "batches", "learner_regret",
}

// The places of those that are read here.
const (
	offered = 0
	shed    = 3
)

// sample is what happened between two looks.
type sample struct {
	time       time.Time // of the second look
	numbers    numbers
	ruling     string
	strategies []row
	kinds      []row // of the most frequent ones; the rest is in the row named other
	heat       [len(bounds)]uint64
}

// row is one strategy's or one kind's part of a sample.
type row struct {
	name          string
	rate          float64 // jobs that ran to their end, a second
	p50, p95, p99 float64 // of their sojourn in seconds
}

func rowOf(name string, h helix.Histogram, seconds float64) row {
	return row{name, float64(h.Count()) / seconds, quantile(h, 0.50), quantile(h, 0.95), quantile(h, 0.99)}
}

// quantile is in seconds, not a number where there is none.
func quantile(h helix.Histogram, q float64) float64 {
	if h.Count() == 0 {
		return math.NaN()
	}
	return h.Quantile(q).Seconds()
}

// bounds are the upper ends of the heat map's cells in seconds: four to a decade, from 10 us,
// below which nobody looks, to 10 s, which is above every budget of the sample kinds. The
// last cell has what is longer too.
var bounds = func() (b [4*6 + 1]float64) {
	for i := range b {
		b[i] = math.Pow(10, -5+float64(i)/4)
	}
	return b
}()

// heatOf counts a distribution by bounds.
func heatOf(h helix.Histogram) (cells [len(bounds)]uint64) {
	below := uint64(0)
	for i, b := range bounds {
		upTo := h.CountAtMost(time.Duration(b * float64(time.Second)))
		if i == len(bounds)-1 {
			upTo = h.Count()
		}
		cells[i] = upTo - below
		below = upTo
	}
	return cells
}
