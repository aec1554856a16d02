package study_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
	"github.com/helixrouter/helix/internal/study"
	"github.com/helixrouter/helix/route"
)

type cheat struct{ theta float64 }

func (c *cheat) Decide(j *scenario.Job, v sim.View) route.Decision {
	return route.Decision{Strategy: route.CPUPool, Propensity: 1}
}

func (c *cheat) Before(a, b *scenario.Job) bool { return a.Service < b.Service }

func (c *cheat) Turn(j *scenario.Job, v sim.View) sim.Verdict {
	due, _ := j.Due()
	if v.Now()+j.Service > due {
		return sim.Refuse
	}
	rivals := 0.0
	for left := range v.Remaining() {
		if float64(left) <= c.theta*float64(j.Service) {
			rivals++
		}
	}
	if rivals < v.Cores() {
		return sim.Start
	}
	return sim.Hold
}

func TestClose(t *testing.T) {
	for _, name := range scenario.Names() {
		for _, load := range []float64{0.5, 0.9, 1.2, 2, 5, 10} {
			s, err := scenario.New(name, scenario.Options{Load: load, Cores: 2, Duration: 20 * time.Second, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			o := sim.DefaultOptions(2)
			o.Config.CPUParallelism = 64
			o.Config.CPUQueueCap = 100000
			fmt.Printf("%-16s %4v", name, load)
			most := study.Bound(s)
			for _, c := range []*cheat{{2}, {4}, {8}, {16}} {
				o.Oracle = c
				r, err := sim.Run(s, o)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Printf("  %.3f (late %d exp %d)", float64(r.Good)/most, r.Late, r.Expired)
			}
			fmt.Println()
		}
	}
}
