package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/helixrouter/helix"
)

// overload is the offered load by what this machine's lanes can do.
const overload = 3

// growth measures the goodput of a router that is offered three times what it can do, by the number of workers.
func (p plan) growth(ctx context.Context) (rows []row, err error) {
	for n := range p.workers + 1 {
		slowness := map[string]float64{}
		for i := range n {
			slowness[fmt.Sprint("worker-", i+1)] = 1
		}
		f, err := start(slowness)
		if err != nil {
			return nil, err
		}
		r, err := p.grow(ctx, f)
		f.stop()
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (p plan) grow(ctx context.Context, f *fleet) (row, error) {
	r, err := helix.New(machine(), helix.WithTransport(f.client))
	if err != nil {
		return row{}, err
	}
	defer func() { _ = r.Close(ctx) }()
	h, err := register(r, 1)
	if err != nil {
		return row{}, err
	}
	rate := overload * p.capacity()
	o := openLoop(ctx, 2, rate, p.duration, growBudget, func(ctx context.Context) error {
		_, err := h.Do(ctx, growLength, helix.Budget(growBudget))
		return err
	})
	sent := f.sent()
	for _, s := range r.Stats().Strategies {
		if s.Strategy != helix.Remote {
			sent["here ("+s.Strategy.String()+")"] += s.Count
		}
	}
	if i := r.Stats().Ledger.Imbalance; i != 0 {
		return row{}, fmt.Errorf("the ledger does not balance by %d", i)
	}
	return row{fmt.Sprint(len(f.workers)), o, sent}, ctx.Err()
}

// capacity is how many jobs a second one machine can do.
func (p plan) capacity() float64 { return float64(runtime.GOMAXPROCS(0)) / growLength.Seconds() }

// describe is the report.
func (p plan) describe(choice, growth []row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# The strategy remote, live\n\n`go run ./cmd/fleet --duration %v --rate %g --slowness %g --workers %d`: processes on loopback, %d cores, jobs that sleep.\n\n",
		p.duration, p.rate, p.slowness, p.workers, runtime.GOMAXPROCS(0))
	fmt.Fprintf(&b, "## Two workers, one %g times as slow: %g jobs of %v a second\n\n| jobs go | p50 | p99 | p99 by the first row's | in %v | to the fast, to the slow |\n|---|---:|---:|---:|---:|---|\n",
		p.slowness, p.rate, napLength, napBudget)
	for _, r := range choice {
		fmt.Fprintf(&b, "| %s | %.1f ms | %.1f ms | %.2f | %.4f | %d, %d |\n", r.name, ms(&r, 0.5), ms(&r, 0.99),
			ms(&r, 0.99)/ms(&choice[0], 0.99), float64(r.inTime)/float64(r.jobs), r.sent["fast"], r.sent["slow"])
	}
	fmt.Fprintf(&b, "\nThe queue group's jobs are not counted to a worker: NATS chooses.\n\n## Local lanes at %dx, jobs of %v with a budget of %v\n\n| workers | offered /s | goodput /s | by what all lanes can do | p99 | where |\n|---:|---:|---:|---:|---:|---|\n",
		overload, growLength, growBudget)
	for i, r := range growth {
		able := min(p.capacity()*float64(i+1), overload*p.capacity())
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %.3f | %.1f ms | %v |\n", r.name, float64(r.jobs)/r.seconds, r.goodput(), r.goodput()/able, ms(&r, 0.99), r.sent)
	}
	return b.String()
}

func ms(r *row, q float64) float64 { return r.quantile(q).Seconds() * 1e3 }
