package micro

import (
	"context"
	"testing"

	"github.com/helixrouter/helix"
)

// most is the largest batch.
const most = 64

// item is one input of a hand-written batch, and where its result goes.
type item struct {
	x    int
	done chan result
}

// batcher is what one would write by hand: a channel, and a goroutine that takes
// what waits in it, without a timer.
func batcher(ctx context.Context, in <-chan item) {
	var waiting []item
	for first := range in {
		waiting = append(waiting[:0], first)
	more:
		for len(waiting) < most {
			select {
			case next, ok := <-in:
				if !ok {
					break more
				}
				waiting = append(waiting, next)
			default:
				break more
			}
		}
		for _, i := range waiting {
			v, err := job(ctx, i.x)
			i.done <- result{v, err}
		}
	}
}

// BenchmarkBatch is 100 callers whose jobs run in batches of up to 64.
func BenchmarkBatch(b *testing.B) {
	ctx := cancellable(b)
	crowd(b, "floor=go+channel", func() (int, error) { return goChannel(ctx) }) // without batches
	_, h := router(b, func(c *helix.Config) { c.BatchMaxSize = most })
	crowd(b, "helix", func() (int, error) { return h.Do(ctx, 3, heavy, helix.Scaling(1)) })
	in := make(chan item, most)
	defer close(in)
	go batcher(ctx, in)
	crowd(b, "channel", func() (int, error) {
		i := item{3, make(chan result, 1)}
		in <- i
		r := <-i.done
		return r.v, r.err
	})
}
