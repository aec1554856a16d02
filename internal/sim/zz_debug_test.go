package sim

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

func TestDebug(t *testing.T) {
	load, _ := strconv.ParseFloat(os.Getenv("LOAD"), 64)
	if load == 0 {
		t.Skip()
	}
	s, _ := scenario.New("batch", scenario.Options{Load: load, Cores: 2, Duration: 20 * time.Second, Seed: 1})
	o := DefaultOptions(2)
	o.Curves = CurvesOf(s)
	dec := map[string]map[string]int{}
	var r *run
	next := time.Duration(0)
	o.Decided = func(j *scenario.Job, d route.Decision, _ func() policy.Account) {
		m := dec[j.Kind]
		if m == nil {
			m = map[string]int{}
			dec[j.Kind] = m
		}
		m[d.Strategy.String()+"/"+d.Reason.String()]++
		if j.At > next {
			next = j.At + time.Second
			fmt.Printf("%v ", j.At.Round(time.Millisecond))
			for name, k := range r.kinds {
				if int(k) < len(r.pool.plans) {
					p := r.pool.plans[k]
					fmt.Printf(" %s: mode %d n %d c0 %.0fus c1 %.2f spread %.2f typ %.1f largest %d gain %.2f scarce %v q %d;", name, p.Mode, p.Curve.Samples, p.Curve.Fixed/1e3, p.Curve.Share, p.Curve.Spread, p.Curve.Typical, p.Curve.Largest, p.Curve.Gain(p.Curve.Typical), p.Scarce, r.pool.formers[k].len)
				}
			}
			fmt.Println(" queue", r.pool.queue.len, "demand", r.brain.Demand())
		}
	}
	r = newRun(s, o)
	for j := range s.Jobs() {
		r.until(j.At)
		r.arrive(j)
	}
	r.drain()
	res := r.finish()
	fmt.Printf("%+v\n", dec)
	fmt.Println(res.Good, res.Late, res.Shed, res.Expired)
	for _, se := range r.recorder.Series() {
		for name, k := range r.kinds {
			if k == se.Kind {
				fmt.Println(name, se.Strategy, se.Outcomes, "run p50", se.Run.Quantile(.5), "sojourn p50", se.Sojourn.Quantile(.5), "p99", se.Sojourn.Quantile(.99))
			}
		}
	}
	sz, jobs := r.recorder.Batches()
	fmt.Println(sz, jobs)
}
