package fleetsim

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/stats"
)

const (
	// sizeSpread is the standard deviation of the logarithm of the sizes: one job in a hundred is ten
	// times the median.
	sizeSpread = 1.0
	// sizeKnown is that of what routers and nodes take a job to be: what declared units give, some 30 %.
	sizeKnown = 0.3
	// least is the smallest budget, and a budget is between budgetLow and budgetHigh times what
	// the job is taken to need on top of it: enough for a queue, or for a node half as fast.
	least      = 250 * time.Millisecond
	budgetLow  = 3
	budgetHigh = 10
)

// job is one request. Times are since the run began.
type job struct {
	at        time.Duration
	service   time.Duration // core time on a node of full speed
	predicted time.Duration // what it is taken for
	budget    time.Duration // of its caller
	sender    int32
}

// stream is the jobs, the same for the same options.
type stream struct {
	source
	options *Options
	every   float64 // ns between two jobs
	at      float64
	median  float64 // size
}

func newStream(o *Options, capacity float64) *stream {
	s := &stream{source: newSource(o.Seed, jobStream), options: o}
	s.every = float64(o.Mean) / (o.Load * capacity)
	s.median = float64(o.Mean) * stats.Exp2(-sizeSpread*sizeSpread/2/math.Ln2)
	return s
}

// next returns the next job, false where there is none.
func (s *stream) next() (j job, ok bool) {
	s.at += float64(s.every * s.exponential())
	if s.at >= float64(s.options.Duration) {
		return j, false
	}
	size := s.median * s.lognormal(sizeSpread)
	j.at, j.service = time.Duration(s.at), max(time.Duration(size), time.Microsecond)
	j.predicted = max(time.Duration(size*s.lognormal(sizeKnown)), time.Microsecond)
	j.budget = least + time.Duration(float64(j.predicted)*s.between(budgetLow, budgetHigh))
	j.sender = int32(s.below(s.options.Senders))
	return j, true
}
