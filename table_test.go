package helix_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix"
)

func TestChooseStrategyHasTheDocumentedBoundaries(t *testing.T) {
	const most = 1<<64 - 1
	for _, c := range []struct {
		cost    uint64
		scaling float64
		busy    int
		want    helix.Strategy
	}{
		{0, 0, 0, helix.Inline},
		{1, 0, 0, helix.Inline},
		{8_000, 0, 0, helix.Inline},
		{8_000, 1, 0, helix.Inline},
		{8_001, 0, 0, helix.Spawn},
		{8_001, 1, 0, helix.Spawn},
		{59_999, 0, 0, helix.Spawn},
		{59_999, 0.99, 6, helix.Spawn},
		{60_000, 0, 0, helix.CPUPool},
		{60_000, 0.69, 0, helix.CPUPool},
		{60_000, 0.6999999, 0, helix.CPUPool},
		{60_000, 0.70, 0, helix.Batch},
		{60_000, 1, 0, helix.Batch},
		{most, 0.69, 6, helix.CPUPool},
		{most, 0.70, 6, helix.Batch},

		// Busy 6 is normal, 7 is gated, whatever the cost.
		{1, 0, 6, helix.Inline},
		{1, 0, 7, helix.Drop},
		{1, 0.64, 7, helix.Drop},
		{1, 0.65, 7, helix.Batch},
		{60_000, 0.64, 7, helix.Drop},
		{60_000, 0.6499999, 7, helix.Drop},
		{60_000, 0.65, 7, helix.Batch},
		{60_000, 0.65, 1_000, helix.Batch},
		{60_000, 0, 1_000, helix.Drop},

		// The comparison is in float32: what rounds to the cut is on it.
		{60_000, 0.69999999999, 0, helix.Batch},
		{60_000, 0.64999999999, 7, helix.Batch},
	} {
		got := helix.ChooseStrategy(helix.DefaultConfig(), helix.Job{ComputeCost: c.cost, ScalingPotential: c.scaling}, c.busy)
		if got != c.want {
			t.Errorf("cost %d, scaling %v, busy %d: %s, want %s", c.cost, c.scaling, c.busy, got, c.want)
		}
	}
}

func TestChooseStrategyFollowsTheConfiguration(t *testing.T) {
	c := helix.DefaultConfig()
	c.InlineThreshold, c.SpawnThreshold, c.BackpressureBusyThreshold = 10, 20, 1
	for cost, want := range map[uint64]helix.Strategy{10: helix.Inline, 11: helix.Spawn, 19: helix.Spawn, 20: helix.CPUPool} {
		if got := helix.ChooseStrategy(c, helix.Job{ComputeCost: cost}, 0); got != want {
			t.Errorf("cost %d: %s, want %s", cost, got, want)
		}
		if got := helix.ChooseStrategy(c, helix.Job{ComputeCost: cost}, 1); got != helix.Drop {
			t.Errorf("cost %d, busy 1: %s, want drop", cost, got)
		}
	}
}

// The table again, in the most obvious form.
func obviousStrategy(c helix.Config, cost uint64, scaling float32, busy int) helix.Strategy {
	if busy >= c.BackpressureBusyThreshold {
		if scaling >= 0.65 {
			return helix.Batch
		}
		return helix.Drop
	}
	if cost <= c.InlineThreshold {
		return helix.Inline
	}
	if cost < c.SpawnThreshold {
		return helix.Spawn
	}
	if scaling >= 0.70 {
		return helix.Batch
	}
	return helix.CPUPool
}

func TestChooseStrategyIsTheObviousTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := helix.DefaultConfig()
		c.InlineThreshold = rapid.Uint64Range(1, 100).Draw(t, "inline")
		c.SpawnThreshold = rapid.Uint64Range(c.InlineThreshold+1, 200).Draw(t, "spawn")
		c.BackpressureBusyThreshold = rapid.IntRange(1, 10).Draw(t, "busy threshold")
		cost := rapid.Uint64Range(0, 210).Draw(t, "cost")
		scaling := float64(rapid.IntRange(0, 100).Draw(t, "scaling")) / 100
		busy := rapid.IntRange(0, 11).Draw(t, "busy")
		got := helix.ChooseStrategy(c, helix.Job{ComputeCost: cost, ScalingPotential: scaling}, busy)
		if want := obviousStrategy(c, cost, float32(scaling), busy); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}

// goldenJobs reads the 200 jobs that the original generates from seed 7.
func goldenJobs(t *testing.T) (jobs []helix.Job) {
	t.Helper()
	f, err := os.Open("workload/testdata/seed7-200.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var j helix.Job
		if err := json.Unmarshal(lines.Bytes(), &j); err != nil {
			t.Fatalf("line %d: %v", len(jobs)+1, err)
		}
		jobs = append(jobs, j)
	}
	if err := lines.Err(); err != nil || len(jobs) != 200 {
		t.Fatalf("%d jobs, %v, want 200", len(jobs), err)
	}
	return jobs
}

var goldenSplit = map[helix.Strategy]int{helix.Inline: 12, helix.Spawn: 97, helix.CPUPool: 56, helix.Batch: 35}

func TestTheGoldenJobsSplitAsDocumented(t *testing.T) {
	got := map[helix.Strategy]int{}
	for _, j := range goldenJobs(t) {
		got[helix.ChooseStrategy(helix.DefaultConfig(), j, 0)]++
	}
	for s, want := range goldenSplit {
		if got[s] != want {
			t.Errorf("%s: %d jobs, want %d", s, got[s], want)
		}
	}
}

// The live router routes them alike while its pool is idle.
func TestARouterSplitsTheGoldenJobsAsTheTableDoes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		for _, name := range []string{"HashMix", "PrimeCount", "MonteCarloRisk"} {
			registerJobKind(t, r, name)
		}
		for _, j := range goldenJobs(t) {
			outs, routed, err := r.SubmitRouted(t.Context(), j)
			if err != nil || len(outs) != 1 || outs[0] != helix.U64(j.ID) {
				t.Fatalf("job %d: %v, %v", j.ID, outs, err)
			}
			if want := helix.ChooseStrategy(helix.DefaultConfig(), j, 0); routed.Strategy != want {
				t.Errorf("job %d went to %s, want %s", j.ID, routed.Strategy, want)
			}
		}
		for s, want := range goldenSplit {
			if got := strategyCount(r, s); got != uint64(want) {
				t.Errorf("%s: %d jobs, want %d", s, got, want)
			}
		}
	})
}
