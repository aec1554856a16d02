package helix

import (
	"math/rand/v2"
	"time"

	"github.com/helixrouter/helix/route"
)

// refusals are the errors of shed jobs, made ahead of time: a refusal must not
// cost more than an acceptance, and an error of its own for each would be an
// allocation at the worst moment.
type refusals [route.NumReasons][jitters]*ShedError

// jitters is how many different RetryAfter there are at a time. With 16 a
// thousand refused callers return in 16 groups spread over half the wait,
// instead of all at once.
const jitters = 16

// newRefusals makes those of a tick: after is when the backlog should be gone, and scarce
// when what the door refuses now should be let in.
func newRefusals(pressure float64, after, scarce time.Duration) *refusals {
	var all refusals
	for reason := route.ReasonBusyGate; int(reason) < route.NumReasons; reason++ {
		wait := after
		if reason == route.ReasonScarce || reason == route.ReasonOverShare {
			wait = max(after, scarce)
		}
		for i := range all[reason] {
			all[reason][i] = &ShedError{Reason: reason, RetryAfter: jittered(wait, i), Pressure: pressure}
		}
	}
	return &all
}

// jittered spreads the wait evenly over 1 to 1.5 times the given one: never
// sooner than the backlog is gone.
func jittered(after time.Duration, i int) time.Duration {
	return after + after*time.Duration(i)/(2*jitters)
}

func (f *refusals) pick(reason route.Reason) *ShedError {
	return f[reason][rand.Uint32N(jitters)]
}
