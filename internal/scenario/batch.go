package scenario

import (
	"math"
	"time"
)

// Batch is what a batch of a kind costs: Fixed + Share x the core time that its jobs take one by one.
type Batch struct {
	Fixed time.Duration
	Share float64
}

// MaxBatch is the most jobs in a batch that the bound reckons with, the default batch_max_size. With
// larger ones a run could pass the bound of a scenario whose batches have a fixed part.
const MaxBatch = 8

// Batches are the kinds whose jobs can run together, and what that costs; nil where there are none.
func (s *Scenario) Batches() map[string]Batch { return s.plan.batches }

// parcels is the mix of the scenario about batches. Eight jobs of embed cost 40 % less together than one by
// one. Those of scan say just as loudly that they scale, and cost the same: to
// batch them only keeps the first of them waiting for the last. Records cannot be batched.
var parcels = []kind{
	{"embed", 0.7, uniform(time.Millisecond/2, 3*time.Millisecond/2), 0.3, unitPrice, 40 * time.Millisecond, ""},
	{"scan", 0.15, uniform(time.Millisecond, 5*time.Millisecond), 0.3, unitPrice, 60 * time.Millisecond, ""},
	{"record", 0.15, uniform(time.Millisecond, 7*time.Millisecond), 0.3, unitPrice, 80 * time.Millisecond, ""},
}

// parcelBatches: (457 us + 0.543 x 8 ms) / 8 ms = 0.6, and a batch of one costs what the job does.
var parcelBatches = map[string]Batch{
	"embed": {457 * time.Microsecond, 0.543},
	"scan":  {0, 1},
}

// togetherScaling is what jobs that can be batched say of themselves, true or not: above
// the table's 0.70.
const togetherScaling = 0.9

// Least is the least core time that a job can be charged with, alone or in the largest batch.
func (s *Scenario) Least(j *Job) time.Duration {
	b, ok := s.plan.batches[j.Kind]
	if !ok {
		return j.Service
	}
	together := float64(float64(b.Fixed)/MaxBatch) + float64(b.Share*float64(j.Service))
	return min(j.Service, max(time.Duration(math.Floor(together)), 1))
}
