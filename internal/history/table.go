package history

import (
	"math"
	"slices"
	"strconv"
)

// Table is a span of history in columns, all of the length of Time: what a chart takes.
// Rates are per second, times in seconds.
type Table struct {
	Interval      float64           `json:"interval_seconds"` // between two samples, nominally
	Time          Instants          `json:"time"`             // Unix seconds at the end of each sample
	Offered       Column            `json:"offered"`          // jobs submitted
	Admitted      Column            `json:"admitted"`         // of those, not refused at the door
	Goodput       Column            `json:"goodput"`          // jobs done within their budget, or without one
	Shed          Column            `json:"shed"`
	Expired       Column            `json:"expired"`
	Failed        Column            `json:"failed"`         // returned an error or panicked
	Pressure      Column            `json:"pressure"`       // 0 to 1, at the end of the sample
	Ruling        []string          `json:"ruling"`         // the signal that contributes most
	Width         Column            `json:"width"`          // jobs of one size that may run at a time
	Busy          Column            `json:"busy"`           // slots taken
	Queued        Column            `json:"queued"`         // jobs waiting
	QueueWaitP99  Column            `json:"queue_wait_p99"` // from submit to start, in pool and batches
	Batches       Column            `json:"batches"`
	LearnerRegret Column            `json:"learner_regret"` // mean loss beyond the threshold table's; below 0 = better
	Strategies    map[string]Series `json:"strategies"`
	Kinds         map[string]Series `json:"kinds"` // the 32 most frequent; "other" is the rest
	Heat          Heat              `json:"heat"`
}

// Series is one strategy or kind: jobs that ran to their end, and quantiles of their
// sojourn.
type Series struct {
	Rate Column `json:"rate"`
	P50  Column `json:"p50"`
	P95  Column `json:"p95"`
	P99  Column `json:"p99"`
}

// Heat counts the jobs of each sample by sojourn.
type Heat struct {
	Bounds []float64  `json:"bounds"` // upper ends of the cells; the last cell has what is longer too
	Counts [][]uint64 `json:"counts"` // a row of cells for each sample
}

// Column is one value a sample; what is not a number is null.
type Column []float64

// MarshalJSON writes six digits, which is more than a histogram knows.
func (c Column) MarshalJSON() ([]byte, error) {
	return appendNumbers(c, func(to []byte, v float64) []byte { return strconv.AppendFloat(to, v, 'g', 6, 64) }), nil
}

// Instants are Unix seconds.
type Instants []float64

// MarshalJSON writes milliseconds.
func (c Instants) MarshalJSON() ([]byte, error) {
	return appendNumbers(c, func(to []byte, v float64) []byte { return strconv.AppendFloat(to, v, 'f', 3, 64) }), nil
}

func appendNumbers(values []float64, number func([]byte, float64) []byte) []byte {
	to := append(make([]byte, 0, 2+8*len(values)), '[')
	for i, v := range values {
		if i > 0 {
			to = append(to, ',')
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			to = append(to, "null"...)
		} else {
			to = number(to, v)
		}
	}
	return append(to, ']')
}

func tableOf(samples []sample) Table {
	t := Table{
		Interval: Period.Seconds(), Time: Instants{}, Ruling: []string{},
		Strategies: seriesOf(samples, func(s *sample) []row { return s.strategies }),
		Kinds:      seriesOf(limited(samples), func(s *sample) []row { return s.kinds }),
		Heat:       Heat{Bounds: slices.Clone(bounds[:]), Counts: [][]uint64{}},
	}
	columns := [len(names)]*Column{
		&t.Offered, &t.Admitted, &t.Goodput, &t.Shed, &t.Expired, &t.Failed, &t.Pressure, &t.Width,
		&t.Busy, &t.Queued, &t.QueueWaitP99, &t.Batches, &t.LearnerRegret,
	}
	for i := range samples {
		s := &samples[i]
		t.Time = append(t.Time, float64(s.time.UnixMilli())/1e3)
		t.Ruling = append(t.Ruling, s.ruling)
		t.Heat.Counts = append(t.Heat.Counts, slices.Clone(s.heat[:]))
		for j, c := range columns {
			*c = append(*c, s.numbers[j])
		}
	}
	return t
}

// seriesOf turns rows into columns. Where a sample has no row, nothing ran.
func seriesOf(samples []sample, rows func(*sample) []row) map[string]Series {
	all := map[string]Series{}
	for i := range samples {
		for _, r := range rows(&samples[i]) {
			s, ok := all[r.name]
			if !ok {
				s = Series{make(Column, len(samples)), nothing(len(samples)), nothing(len(samples)), nothing(len(samples))}
				all[r.name] = s
			}
			s.Rate[i], s.P50[i], s.P95[i], s.P99[i] = r.rate, r.p50, r.p95, r.p99
		}
	}
	return all
}

func nothing(n int) Column {
	c := make(Column, n)
	for i := range c {
		c[i] = math.NaN()
	}
	return c
}
