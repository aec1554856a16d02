package peer

import (
	"fmt"

	"github.com/helixrouter/helix/internal/loadgen"
)

// queueCap bounds the queues of the peers that leave the number to their user. It is
// Helix's default, so that none has more room to wait than another.
const queueCap = 512

// All returns every peer, for a number of cores.
func All(cores int) []loadgen.Maker {
	return []loadgen.Maker{
		{Name: "goroutines", Settings: "a goroutine a job, no bound", New: func() (loadgen.Subject, error) { return Goroutines{}, nil }},
		{Name: "semaphore", Settings: fmt.Sprintf("x/sync/semaphore, weight %d, Acquire(ctx), FIFO, %d may wait", cores, queueCap),
			New: func() (loadgen.Subject, error) { return NewSemaphore(cores), nil }},
		{Name: "ants", Settings: fmt.Sprintf("NewPool(%d), WithMaxBlockingTasks(%d)", cores, queueCap),
			New: func() (loadgen.Subject, error) { return NewAnts(cores) }},
		{Name: "pond", Settings: fmt.Sprintf("NewPool(%d), WithQueueSize(%d), WithNonBlocking(true)", cores, queueCap),
			New: func() (loadgen.Subject, error) { return NewPond(cores), nil }},
		{Name: "workerpool", Settings: fmt.Sprintf("New(%d); it has no bound of its queue", cores),
			New: func() (loadgen.Subject, error) { return NewWorkerpool(cores), nil }},
		{Name: "failsafe", Settings: "adaptivelimiter.NewWithDefaults: limits 1..200 from 20, no queue",
			New: func() (loadgen.Subject, error) { return NewFailsafe(false), nil }},
		{Name: "failsafe-queue", Settings: "adaptivelimiter with WithQueueing(2, 3), the rest default",
			New: func() (loadgen.Subject, error) { return NewFailsafe(true), nil }},
		{Name: "gradient2", Settings: "go-concurrency-limits: NewDefaultGradient2Limit, default limiter, simple strategy",
			New: NewGradient2},
		{Name: "vegas", Settings: "go-concurrency-limits: NewDefaultLimiterWithDefaults, which is Vegas, simple strategy",
			New: NewVegas},
		{Name: "go-zero", Settings: "load.NewAdaptiveShedder, defaults: 5 s window, CPU threshold 90 %",
			New: func() (loadgen.Subject, error) { return NewGoZero(), nil }},
		{Name: "codel", Settings: fmt.Sprintf("FIFO of %d, %d slots, CoDel as folly does it: target %v, interval %v", queueCap, cores, codelTarget, codelInterval),
			New: func() (loadgen.Subject, error) { return NewSlots("codel", cores, newCodel(queueCap)), nil }},
		{Name: "edf", Settings: fmt.Sprintf("earliest deadline first, %d slots, what is late when it comes up is dropped", cores),
			New: func() (loadgen.Subject, error) { return NewSlots("edf", cores, &edf{}), nil }},
	}
}
