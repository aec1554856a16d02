package explain

import (
	"fmt"

	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// row is the row of the table that matched.
func row(a *policy.Account) string {
	switch a.Reason {
	case route.ReasonCheap:
		return fmt.Sprintf("its declared cost of %d is at most inline_threshold %d", a.Cost, a.InlineThreshold)
	case route.ReasonModerate:
		return moderate(a)
	case route.ReasonAmortises:
		return fmt.Sprintf("%s and its scaling potential of %.2f is at least 0.70", heavy(a), a.Scaling)
	case route.ReasonHeavy:
		return heavy(a) + ", so the pool bounds it"
	case route.ReasonGateBatch:
		return fmt.Sprintf("%s and its scaling potential of %.2f, at least 0.65, lets it share a slot", gate(a), a.Scaling)
	case route.ReasonBusyGate:
		return gate(a) + " and " + alone(a)
	case route.ReasonSpawnFull:
		return bound(a)
	}
	return a.Reason.Explanation()
}

func moderate(a *policy.Account) string {
	if a.Cost <= a.InlineThreshold {
		return fmt.Sprintf("its declared cost of %d is below the spawn threshold %d", a.Cost, a.SpawnThreshold)
	}
	return fmt.Sprintf("its declared cost of %d is above inline_threshold %d and below the spawn threshold %d", a.Cost, a.InlineThreshold, a.SpawnThreshold)
}

func heavy(a *policy.Account) string {
	switch {
	case a.Unsized:
		return "its size is not declared"
	case a.Cost < a.SpawnThreshold:
		return fmt.Sprintf("spawn_limit jobs run already (%d)", a.Spawned)
	}
	return fmt.Sprintf("its declared cost of %d reaches the spawn threshold %d", a.Cost, a.SpawnThreshold)
}

func gate(a *policy.Account) string {
	if a.SpokenFor > 0 {
		return fmt.Sprintf("%d busy slots and %d that injected pressure of %.2f stands for reach backpressure_busy_threshold %d",
			a.Busy, a.SpokenFor, a.External, a.BusyThreshold)
	}
	return fmt.Sprintf("%d busy slots reach backpressure_busy_threshold %d", a.Busy, a.BusyThreshold)
}

// alone is why a job cannot share a slot.
func alone(a *policy.Account) string {
	if !a.Arms[route.Batch].Allowed {
		return "it cannot be batched"
	}
	return fmt.Sprintf("its scaling potential of %.2f is below 0.65", a.Scaling)
}
