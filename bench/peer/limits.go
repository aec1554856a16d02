package peer

import (
	"context"

	limits "github.com/platinummonkey/go-concurrency-limits/core"
	"github.com/platinummonkey/go-concurrency-limits/limit"
	"github.com/platinummonkey/go-concurrency-limits/limiter"
	"github.com/platinummonkey/go-concurrency-limits/strategy"

	"github.com/helixrouter/helix/internal/loadgen"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// Limits is a limiter of go-concurrency-limits, the Go port of Netflix's.
type Limits struct {
	name    string
	limiter limits.Limiter
}

// firstLimit is where both algorithms start by default; the strategy has to be told.
const firstLimit = 20

// The window settings are those of NewDefaultLimiterWithDefaults, which that package
// does not export and which only Vegas gets by default.
const (
	windowNanos    = 1e9 // at least and at most
	shortestNanos  = 1e5 // of a round trip that counts
	windowSamples  = 100
	limiterMetrics = "bench"
)

// NewVegas returns the limiter that the library's own example makes.
func NewVegas() (loadgen.Subject, error) {
	l, err := limiter.NewDefaultLimiterWithDefaults(limiterMetrics, strategy.NewSimpleStrategy(firstLimit),
		limit.NoopLimitLogger{}, limits.EmptyMetricRegistryInstance)
	return &Limits{"vegas", l}, err
}

// NewGradient2 returns the same with the other algorithm.
func NewGradient2() (loadgen.Subject, error) {
	gradient := limit.NewDefaultGradient2Limit(limiterMetrics, limit.NoopLimitLogger{}, limits.EmptyMetricRegistryInstance)
	l, err := limiter.NewDefaultLimiter(gradient, windowNanos, windowNanos, shortestNanos, windowSamples,
		strategy.NewSimpleStrategy(firstLimit), limit.NoopLimitLogger{}, limits.EmptyMetricRegistryInstance)
	return &Limits{"gradient2", l}, err
}

// Name implements loadgen.Subject.
func (l *Limits) Name() string { return l.name }

// Do implements loadgen.Subject. A timeout is a dropped sample, as its documentation says.
func (l *Limits) Do(ctx context.Context, _ scenario.Job, run func(context.Context) error) error {
	token, ok := l.limiter.Acquire(ctx)
	if !ok {
		return route.ErrShed
	}
	if err := run(ctx); err != nil {
		token.OnDropped()
		return err
	}
	token.OnSuccess()
	return nil
}

// Close implements loadgen.Subject.
func (*Limits) Close() {}
