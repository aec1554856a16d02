package estimate_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/estimate"
)

// What Short says by units alone is what the prediction says, but where rounding decides.
func TestShortIsWhatThePredictionSays(t *testing.T) {
	const bound = 16.6 // 99 us
	rapid.Check(t, func(t *rapid.T) {
		var m estimate.Model
		price := rapid.Float64Range(0.1, 1e5).Draw(t, "ns a unit")
		fixed := rapid.Bool().Draw(t, "fixed")
		for range rapid.IntRange(0, 400).Draw(t, "jobs") {
			units := rapid.Uint64Range(0, 1e6).Draw(t, "ran")
			took := price * float64(units)
			if fixed {
				took = price
			}
			m.Observe(units, time.Duration(took))
		}
		c := m.Curve()
		s := c.Short(bound)
		units := rapid.Uint64().Draw(t, "asked")
		p := c.Predict(units)
		short, proven := s.Sure(units)
		if !p.Known() && (short || proven || s.Likely(units)) {
			t.Fatalf("nothing is known, and %d units are short %v, proven %v", units, short, proven)
		}
		if !p.Known() || p.Log == 0 || p.Log == 53 { // where the law is cut off
			return
		}
		const rounding = 1e-4
		if d := p.LogHigh() - bound; (d > rounding && short) || (d < -rounding && !short) {
			t.Errorf("%d units: short %v, 99 of 100 keep 2^%.4f ns", units, short, p.LogHigh())
		}
		if d := p.LogMean() - bound; (d > rounding && s.Likely(units)) || (d < -rounding && !s.Likely(units)) {
			t.Errorf("%d units: likely %v, mean 2^%.4f ns", units, s.Likely(units), p.LogMean())
		}
		if proven != (p.Trust == estimate.Proven) && units > 1000 {
			t.Errorf("%d units: proven %v, by the prediction %v", units, proven, p.Trust == estimate.Proven)
		}
	})
}
