package loadgen

import (
	"math"
	"slices"
	"time"
)

// Result is what became of a run. Each job is counted once: Offered is the sum of
// Done, Late, Shed, Expired and Failed. A job that was refused and tried again
// counts as what its last attempt came to.
type Result struct {
	Subject string
	Cores   int
	Wall    time.Duration // from the start until the last job had ended

	Offered int
	Done    int // finished within the budget: the goodput
	Late    int // finished after the budget, or was left by its caller after it had begun
	Shed    int // refused
	Expired int // the budget ended before it began
	Failed  int

	Attempts int           // offered, and retries
	Useful   time.Duration // core time of the jobs that are done
	Wasted   time.Duration // core time of all others
	CoreTime time.Duration // what the cores had to give in Wall

	Latency Quantiles // of the jobs that ran to their end, from the intended start of their first attempt
	Lag     Quantiles // how late the generator was
}

// Quantiles are exact, by the nearest rank.
type Quantiles struct{ P50, P99, Max time.Duration }

// LagBound is the lag at p99 up to which a result counts: a twentieth of the
// shortest budget of the scenarios, 20 ms.
const LagBound = time.Millisecond

// result counts. Nothing of the run is live any more.
func (r *run) result() Result {
	out := Result{
		Subject: r.subject.Name(), Cores: r.options.Cores, Offered: len(r.jobs), Attempts: len(r.lags),
	}
	var latencies []time.Duration
	for i := range r.calls {
		c := &r.calls[i]
		out.count(c)
		if c.ran {
			latencies = append(latencies, c.end-r.jobs[i].First)
		}
	}
	out.CoreTime = coreTime(r.stream, out.Wall)
	out.Latency, out.Lag = quantiles(latencies), quantiles(r.lags)
	return out
}

func (r *Result) count(c *call) {
	r.Wall = max(r.Wall, c.end)
	spent := time.Duration(c.spent.Load())
	if c.how == done {
		r.Done++
		r.Useful += spent
		return
	}
	r.Wasted += spent
	switch c.how {
	case late:
		r.Late++
	case shed:
		r.Shed++
	case expired:
		r.Expired++
	default:
		r.Failed++
	}
}

// quantiles sorts what it is given.
func quantiles(all []time.Duration) Quantiles {
	if len(all) == 0 {
		return Quantiles{}
	}
	slices.Sort(all)
	rank := func(q float64) time.Duration { return all[int(math.Ceil(q*float64(len(all))))-1] }
	return Quantiles{P50: rank(0.50), P99: rank(0.99), Max: all[len(all)-1]}
}
