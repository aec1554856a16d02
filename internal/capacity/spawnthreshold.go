// Package capacity owns the slow adaptation of bounds to what the cores give: the
// spawn threshold, the width of the pool, and the forecast that says which bounds
// the load to come asks for. It takes measurements as arguments and returns the next
// bound; it must never know where a measurement comes from or apply a bound itself.
package capacity

import (
	"math"
	"time"
)

// SpawnThreshold are the settings by which the adaptive spawn threshold moves.
type SpawnThreshold struct {
	Base   uint64        // cost units; the threshold never falls below it
	Step   float64       // share of a rise; a fall is a tenth of it
	Budget time.Duration // p95 below which the threshold falls
	Factor float64       // times Budget: p95 above which it rises
}

const (
	// MinSamples is how many pool jobs a move needs: the p95 of fewer is their maximum.
	MinSamples = 10
	// ceiling times Base is the highest threshold. Raising it moves heavy work from
	// the bounded pool to spawned goroutines; without an end to that the pool's bound
	// would mean nothing.
	ceiling = 10
	// fallShare of Step is a fall: the threshold yields slowly, so that it does not swing.
	fallShare = 10
)

// Next returns the threshold that follows t after the pool's last samples had
// this p95. From 60000 with the default settings it rises to 66000, 72600,
// 79860, 87846 and falls from there to 86967, 86097, 85236.
func (s SpawnThreshold) Next(t uint64, samples uint64, p95 time.Duration) uint64 {
	t = min(max(t, s.Base), ceiling*s.Base)
	switch {
	case samples < MinSamples:
		return t
	case float64(p95) > float64(s.Budget)*s.Factor:
		return min(scale(t, 1+s.Step), ceiling*s.Base)
	case p95 < s.Budget:
		return max(scale(t, 1-s.Step/fallShare), s.Base)
	default:
		return t
	}
}

// scale returns trunc(t x factor). The explicit float64 keeps a platform from
// fusing the product with what follows.
func scale(t uint64, factor float64) uint64 {
	return uint64(math.Trunc(float64(float64(t) * factor)))
}
