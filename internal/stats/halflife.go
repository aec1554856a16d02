package stats

import "time"

// HalfLife is an average over time that forgets: without a new sample it falls
// towards 0, by half in each Half. Set Half (> 0) and leave the rest zero. Not
// safe for concurrent use.
//
// A sample stands for the time since the one before, but for no more than one
// Half. So a level that is sampled at least once per Half is followed in full,
// while a lone sample after a long silence moves the average by half at most.
type HalfLife struct {
	Half time.Duration

	value   float64
	at      time.Duration // of the newest sample
	started bool
}

// Update takes in the sample x at now; the first becomes the value. A sample
// that is not finite, or not later than the one before, is ignored: it stands
// for no time.
func (h *HalfLife) Update(now time.Duration, x float64) {
	if !finite(x) {
		return
	}
	if !h.started {
		h.value, h.at, h.started = x, now, true
		return
	}
	if now <= h.at {
		return
	}
	halves := h.halvesSince(now)
	h.value = h.value*Exp2(-halves) + x*(1-Exp2(-min(halves, 1)))
	h.at = now
}

// Value returns the average as it stands at now. A now before the newest sample
// reads as the time of that sample.
func (h *HalfLife) Value(now time.Duration) float64 {
	if now <= h.at {
		return h.value
	}
	return h.value * Exp2(-h.halvesSince(now))
}

// halvesSince returns how many half-lives lie between the newest sample and now,
// which is later. The difference is taken in floats, where it cannot overflow.
func (h *HalfLife) halvesSince(now time.Duration) float64 {
	return (float64(now) - float64(h.at)) / float64(h.Half)
}
