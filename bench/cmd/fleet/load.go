package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// outcome is what became of one run.
type outcome struct {
	jobs, inTime int
	took         []time.Duration // of all jobs that were done, from when they were due; sorted
	seconds      float64
}

func (o *outcome) quantile(q float64) time.Duration {
	if len(o.took) == 0 {
		return 0
	}
	return o.took[min(int(q*float64(len(o.took))), len(o.took)-1)]
}

func (o *outcome) goodput() float64 { return float64(o.inTime) / o.seconds }

// openLoop calls do at a Poisson rate whatever its answers take, and times each from when it was due. Who is late
// with a job sends it at once.
func openLoop(ctx context.Context, seed uint64, rate float64, duration, budget time.Duration, do func(ctx context.Context) error) outcome {
	chance := rand.New(rand.NewPCG(seed, 1))
	var mu sync.Mutex
	var all sync.WaitGroup
	o := outcome{seconds: duration.Seconds()}
	began := time.Now()
	for due := time.Duration(0); due < duration && ctx.Err() == nil; due += time.Duration(chance.ExpFloat64() / rate * float64(time.Second)) {
		time.Sleep(due - time.Since(began))
		o.jobs++
		all.Go(func() {
			err := do(ctx)
			took := time.Since(began) - due
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				o.took = append(o.took, took)
				if took <= budget {
					o.inTime++
				}
			}
		})
	}
	all.Wait()
	slices.Sort(o.took)
	return o
}
