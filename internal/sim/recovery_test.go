package sim_test

import (
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
	"github.com/helixrouter/helix/route"
)

// A storm of 2x with clients that come back up to three times leaves nothing behind that
// lasts: of the jobs that come 300 ms after it hardly one is refused, and of those from 2 s
// on all are in time.
func TestAStormIsOverWhenItIsOver(t *testing.T) {
	const run = 26 * time.Second // the storm goes from 10 s to 16 s
	over := run*8/13 + time.Millisecond
	for seed := range uint64(5) {
		s, err := scenario.New("retry-step", scenario.Options{Load: 1, Cores: 2, Duration: run, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		type count struct{ jobs, lost int }
		good := map[uint64]bool{}
		refused := count{}
		o := sim.DefaultOptions(2)
		o.Config.Policy = helix.PolicyAdaptive
		o.Ended = func(j *scenario.Job, inTime bool) { good[j.ID] = good[j.ID] || inTime }
		o.Decided = func(j *scenario.Job, d route.Decision, _ func() policy.Account) {
			if j.First >= over+300*time.Millisecond {
				refused.jobs++
				if d.Strategy == route.Drop {
					refused.lost++
				}
			}
		}
		ran(t, s, o)
		after, storm := count{}, count{}
		for j := range s.Jobs() {
			c := &after
			if j.At >= run*5/13 && j.At < over {
				c = &storm
			} else if j.At < over+2*time.Second {
				continue
			}
			if c.jobs++; !good[j.ID] {
				c.lost++
			}
		}
		t.Logf("seed %d: %d of %d jobs of the storm were lost; after it %d of %d, and %d of %d were refused", seed, storm.lost, storm.jobs, after.lost, after.jobs, refused.lost, refused.jobs)
		if storm.lost*20 < storm.jobs {
			t.Errorf("seed %d: %d of %d jobs were lost in the storm: it was none", seed, storm.lost, storm.jobs)
		}
		if after.lost > 0 || refused.lost*100 > refused.jobs {
			t.Errorf("seed %d: some are lost, or more than 1 in 100 refused", seed)
		}
	}
}
