package exec

import (
	"context"
	"fmt"

	"github.com/helixrouter/helix/route"
)

// BatchFunc is user code that takes many inputs at once and returns one result
// for each, in the same order. An error of its own fails every input.
type BatchFunc[In, Out any] func(ctx context.Context, in []In) ([]route.Result[Out], error)

// RunBatch implements BatchWork over calls of Apply of the same types.
func (run BatchFunc[In, Out]) RunBatch(ctx context.Context, work []Work) (ends []route.Disposition, ok bool) {
	inputs := make([]In, len(work))
	for i, w := range work {
		inputs[i] = w.(*Call[Apply[In, Out], Out]).job.In
	}
	items, panicked, err := protect(ctx, Apply[[]In, []route.Result[Out]]{run, inputs})
	if panicked {
		return nil, false
	}
	if err == nil && len(items) != len(work) {
		err = fmt.Errorf("batch function returned %d results for %d inputs: return one for each, in order", len(items), len(work))
	}
	ends = make([]route.Disposition, len(work))
	for i, w := range work {
		item := route.Result[Out]{Err: err}
		if err == nil {
			item = items[i]
		}
		ends[i] = w.(*Call[Apply[In, Out], Out]).finish(item.Value, item.Err)
	}
	return ends, true
}
