package peer

import (
	"context"
	"sync"

	"github.com/zeromicro/go-zero/core/load"
	"github.com/zeromicro/go-zero/core/logx"

	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// GoZero is go-zero's adaptive shedder. It looks at an average of the machine's CPU
// use that it keeps for the whole process: from idle it needs some 11 s of
// full load until it acts, and one run's load is still in it at the next.
type GoZero struct{ shedder load.Shedder }

// quietly turns its log off, once: a line for each refusal would be measured too.
var quietly = sync.OnceFunc(logx.Disable)

// NewGoZero returns a shedder with its defaults.
func NewGoZero() *GoZero {
	quietly()
	return &GoZero{load.NewAdaptiveShedder()}
}

// Name implements loadgen.Subject.
func (*GoZero) Name() string { return "go-zero" }

// Do implements loadgen.Subject.
func (g *GoZero) Do(ctx context.Context, _ scenario.Job, run func(context.Context) error) error {
	promise, err := g.shedder.Allow()
	if err != nil {
		return route.ErrShed
	}
	if err := run(ctx); err != nil {
		promise.Fail()
		return err
	}
	promise.Pass()
	return nil
}

// Close implements loadgen.Subject.
func (*GoZero) Close() {}
