package decisionlog

import (
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/workload"
)

// entryOf makes the entry of a job that has ended. Its run, or its part of its batch's, stands for its
// core time, which is less where it shared a core.
func entryOf(j *helix.TracedJob, began time.Time) workload.Entry {
	e := workload.Entry{Decided: &workload.Decided{
		Strategy: j.Strategy, Reason: j.Reason, Propensity: j.Propensity, PredictedSeconds: j.Predicted.Seconds(),
		Outcome: j.Outcome, WaitSeconds: j.Wait.Seconds(), RunSeconds: j.Run.Seconds(),
	}}
	e.Job = helix.Job{
		ID: j.ID, Kind: j.Kind, Inputs: []uint64{}, ComputeCost: j.Cost, ScalingPotential: j.Scaling,
		LatencyBudgetMS: uint64((j.Budget + time.Millisecond - 1) / time.Millisecond), Tenant: j.Tenant, Class: j.Class,
	}
	e.AtSeconds, e.ServiceSeconds, e.BudgetSeconds = max(j.Submitted.Sub(began).Seconds(), 0), j.Run.Seconds()/float64(max(j.Batch, 1)), j.Budget.Seconds()
	return e
}
