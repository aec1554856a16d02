package kernel

import (
	"context"
	"errors"

	"github.com/helixrouter/helix"
)

// Register makes the three sample kinds known to a router, under the names HashMix,
// PrimeCount and MonteCarloRisk. Each takes the documented job record, declares
// its compute cost as its size, and can be batched and sent to a peer.
func Register(r *helix.Router) error {
	return errors.Join(
		register(r, "HashMix", helix.U64, HashMixBatch,
			func(ctx context.Context, j helix.Job) (uint64, error) { return HashMix(ctx, j.Inputs, j.ComputeCost) }),
		register(r, "PrimeCount", helix.U64, PrimeCountBatch,
			func(ctx context.Context, j helix.Job) (uint64, error) { return PrimeCount(ctx, j.ComputeCost) }),
		register(r, "MonteCarloRisk", helix.F64, MonteCarloRiskBatch,
			func(ctx context.Context, j helix.Job) (float64, error) {
				return MonteCarloRisk(ctx, j.ID, j.Inputs, j.ComputeCost)
			}),
	)
}

// register ties one kernel to its kind; output wraps its result for the wire.
func register[T any](
	r *helix.Router, name string, output func(T) helix.Output,
	batch func(context.Context, []Work) ([]T, error),
	run func(context.Context, helix.Job) (T, error),
) error {
	_, err := helix.Register(r, helix.Kind[helix.Job, []helix.Output]{
		Name: name,
		Run: func(ctx context.Context, j helix.Job) ([]helix.Output, error) {
			v, err := run(ctx, j)
			if err != nil {
				return nil, err
			}
			return []helix.Output{output(v)}, nil
		},
		Batch: func(ctx context.Context, jobs []helix.Job) ([]helix.Result[[]helix.Output], error) {
			return runBatch(ctx, jobs, output, batch)
		},
		Units:      func(j helix.Job) uint64 { return j.ComputeCost },
		Codec:      helix.JSON[helix.Job, []helix.Output](),
		Idempotent: true, // each is a function of its input
	})
	return err
}

// runBatch gives each job its own result. The only error is the context's, which
// all jobs of the batch share.
func runBatch[T any](
	ctx context.Context, jobs []helix.Job, output func(T) helix.Output,
	batch func(context.Context, []Work) ([]T, error),
) ([]helix.Result[[]helix.Output], error) {
	items := make([]Work, len(jobs))
	for i, j := range jobs {
		items[i] = Work{ID: j.ID, Inputs: j.Inputs, Cost: j.ComputeCost}
	}
	values, err := batch(ctx, items)
	if err != nil {
		return nil, err
	}
	results := make([]helix.Result[[]helix.Output], len(jobs))
	for i, v := range values {
		results[i].Value = []helix.Output{output(v)}
	}
	return results, nil
}
