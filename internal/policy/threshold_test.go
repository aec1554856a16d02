package policy_test

import (
	"math"
	"testing"

	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

var (
	table = policy.Threshold{InlineThreshold: 8_000, BusyThreshold: 7}
	every = route.SetOf(route.Inline, route.Spawn, route.CPUPool, route.Batch)
)

func TestAnArmThatIsNotAllowedFallsThrough(t *testing.T) {
	for _, c := range []struct {
		name    string
		without []route.Strategy
		cost    uint64
		scaling float32
		busy    int
		want    route.Strategy
		reason  route.Reason
	}{
		{"cheap", nil, 1, 0, 0, route.Inline, route.ReasonCheap},
		{"cheap, not inline", []route.Strategy{route.Inline}, 1, 0, 0, route.Spawn, route.ReasonModerate},
		{"cheap, pool only", []route.Strategy{route.Inline, route.Spawn, route.Batch}, 1, 1, 0, route.CPUPool, route.ReasonSpawnFull},
		{"moderate, spawner full", []route.Strategy{route.Spawn}, 20_000, 0, 0, route.CPUPool, route.ReasonSpawnFull},
		{"moderate, spawner full, scales", []route.Strategy{route.Spawn}, 20_000, 0.7, 0, route.Batch, route.ReasonAmortises},
		{"heavy, no batch", []route.Strategy{route.Batch}, 60_000, 1, 0, route.CPUPool, route.ReasonHeavy},
		{"busy, no batch", []route.Strategy{route.Batch}, 60_000, 1, 7, route.Drop, route.ReasonBusyGate},
		{"busy, scales", nil, 1, 0.65, 7, route.Batch, route.ReasonGateBatch},
	} {
		allowed := every
		for _, s := range c.without {
			allowed = allowed.Without(s)
		}
		got, reason := table.Row(c.cost, c.scaling, c.busy, 60_000, allowed)
		if got != c.want || reason != c.reason {
			t.Errorf("%s: %s (%s), want %s (%s)", c.name, got, reason, c.want, c.reason)
		}
	}
}

func TestAnUndeclaredSizeIsHeavy(t *testing.T) {
	d := table.Decide(route.Request{Unsized: true}, route.Subject{Allowed: every}, route.Load{}, &route.Signals{SpawnThreshold: 60_000})
	if d.Strategy != route.CPUPool || d.Propensity != 1 {
		t.Errorf("%+v, want cpu_pool for sure", d)
	}
}

func TestExternalPressureClosesTheGateEarlier(t *testing.T) {
	// The fewest busy slots at which the gate of 7 is closed.
	for _, c := range []struct {
		external float64
		closes   int
	}{
		{0, 7}, {-1, 7}, {math.NaN(), 7}, {0.01, 7}, {0.142, 7}, {0.15, 6}, {0.5, 4}, {0.75, 2}, {0.99, 1}, {1, 0}, {2, 0}, {math.Inf(1), 0},
	} {
		for busy := range 9 {
			sig := route.Signals{SpawnThreshold: 60_000, External: c.external}
			d := table.Decide(route.Request{Cost: 1}, route.Subject{Allowed: every}, route.Load{CPUBusy: busy}, &sig)
			if closed := d.Strategy == route.Drop; closed != (busy >= c.closes) {
				t.Errorf("external %v, %d busy: %s, want the gate to close at %d", c.external, busy, d.Strategy, c.closes)
			}
		}
	}
}
