package scenario

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/helixrouter/helix/workload"
)

// FromTrace returns the scenario of a trace, in which jobs come when they came and
// take what they took. A job of unknown service time takes 10 ns for each declared unit.
//
// A Load of 0 leaves the arrival times as they are; any other load squeezes or
// stretches them to it. A trace without arrival times, all at 0, gets Poisson
// arrivals, and then the load is needed. A Duration of 0 takes the whole trace;
// any other takes what arrives before it.
func FromTrace(records iter.Seq2[workload.Record, error], o Options) (*Scenario, error) {
	if o.Cores < 1 || o.Cores > maxCores {
		return nil, fmt.Errorf("scenario: %d cores, want 1 to %d", o.Cores, maxCores)
	}
	if !(o.Load >= 0 && o.Load <= maxLoad) || o.Duration < 0 {
		return nil, fmt.Errorf("scenario: load %v and duration %v, want a load of 0 to %d and no negative duration", o.Load, o.Duration, maxLoad)
	}
	jobs := []Job{}
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		j, err := fromRecord(&r, uint64(len(jobs)))
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	if err := place(jobs, o); err != nil {
		return nil, err
	}
	jobs, o = cut(jobs, o)
	return &Scenario{Name: "trace", options: o, trace: jobs}, nil
}

// longest bounds times in a trace, so that no sum of two overflows: a century.
const longest = 100 * 365 * 24 * time.Hour

func fromRecord(r *workload.Record, id uint64) (Job, error) {
	at, service := math.Round(r.AtSeconds*1e9), math.Round(r.ServiceSeconds*1e9)
	if service == 0 {
		service = float64(r.ComputeCost) * unitPrice
	}
	budget := float64(r.LatencyBudgetMS) * 1e6
	if r.BudgetSeconds > 0 {
		budget = math.Round(r.BudgetSeconds * 1e9)
	}
	if max(at, service, budget) > float64(longest) {
		return Job{}, fmt.Errorf("scenario: record %d of the trace (job id %d) has a time of more than %v", id+1, r.ID, longest)
	}
	return Job{
		At: time.Duration(at), First: time.Duration(at), ID: id, Kind: r.Kind, Units: r.ComputeCost,
		Service: time.Duration(max(service, 1)), Budget: time.Duration(budget), Class: r.Class, Tenant: r.Tenant, Scaling: r.ScalingPotential,
	}, nil
}

var errNoTimes = errors.New("scenario: the trace has no arrival times (at_seconds), so a load is needed")

// place moves the arrivals to the load that is wanted.
func place(jobs []Job, o Options) error {
	if len(jobs) == 0 {
		return errors.New("scenario: the trace is empty")
	}
	work := 0.0
	for _, j := range jobs {
		work += float64(j.Service)
	}
	last := jobs[len(jobs)-1].At
	switch {
	case last == 0 && o.Load == 0:
		return errNoTimes
	case last == 0:
		gaps, even := newSource(o.Seed, gapStream), 0.0
		mean := work / float64(len(jobs)) / float64(o.Load*float64(o.Cores))
		for i := range jobs {
			even += float64(gaps.exponential() * mean)
			jobs[i].move(even)
		}
	case o.Load > 0:
		factor := work / float64(o.Load*float64(o.Cores)) / float64(last)
		for i := range jobs {
			jobs[i].move(float64(jobs[i].At) * factor)
		}
	}
	if jobs[len(jobs)-1].At > longest {
		return fmt.Errorf("scenario: at load %v the trace would take more than %v", o.Load, longest)
	}
	return nil
}

func (j *Job) move(at float64) { j.At = time.Duration(min(at, 2*float64(longest))); j.First = j.At }

// cut drops what arrives after the duration, and fills in what the options left out.
func cut(jobs []Job, o Options) ([]Job, Options) {
	last := jobs[len(jobs)-1].At
	if o.Duration > 0 {
		for len(jobs) > 0 && jobs[len(jobs)-1].At >= o.Duration {
			jobs = jobs[:len(jobs)-1]
		}
	} else {
		o.Duration = last + 1
	}
	if o.Load == 0 {
		work := 0.0
		for _, j := range jobs {
			work += float64(j.Service)
		}
		o.Load = work / (float64(o.Cores) * float64(o.Duration))
	}
	return jobs, o
}
