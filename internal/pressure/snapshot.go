package pressure

// The names of the signals, as they stand in metrics and answers.
const (
	Saturation = "saturation" // the busiest of execution slots and queue
	Drops      = "drops"      // share of the submissions that was shed, of late
	Latency    = "latency"    // mean sojourn as a share of the budget, of late
	Trend      = "trend"      // how fast saturation rises
	External   = "external"   // the largest injected value that has not expired

	// None rules when every signal is 0.
	None = "none"
)

// The weights are the documented formula, 0.40 + 0.30 + 0.20 + 0.10. They sum to
// 1, so that the blend is 1 only when every signal is. External is not blended: it
// competes with the blend as a whole.
const (
	saturationWeight = 0.40
	dropsWeight      = 0.30
	latencyWeight    = 0.20
	trendWeight      = 0.10
	externalWeight   = 1
)

// Snapshot is the pressure at one instant.
type Snapshot struct {
	Score    float64  // max(External, weighted sum of the other signals), 0..1
	External float64  // 0 when nothing is injected
	Ruling   string   // name of the signal that adds most to Score, or None
	Signals  []Signal // every signal, also the ones at 0, always in the same order
}

// Signal is one named part of the pressure.
type Signal struct {
	Name   string
	Value  float64 // 0..1
	Weight float64 // Value*Weight is what the signal contributes
}

// blend makes the snapshot of four own signals and the external value.
func blend(saturation, drops, latency, trend, external float64) Snapshot {
	own := []Signal{
		{Saturation, saturation, saturationWeight},
		{Drops, drops, dropsWeight},
		{Latency, latency, latencyWeight},
		{Trend, trend, trendWeight},
		{External, external, externalWeight},
	}
	s := Snapshot{Score: external, External: external, Ruling: None, Signals: own}
	own = own[:len(own)-1]

	var sum float64
	for _, signal := range own {
		sum += signal.Value * signal.Weight
	}
	if sum = clamp01(sum); sum > external {
		s.Score = sum
		s.Ruling = largest(own)
	} else if external > 0 {
		s.Ruling = External
	}
	return s
}

// largest names the signal that contributes most; the first of equals.
func largest(signals []Signal) string {
	best := signals[0]
	for _, signal := range signals[1:] {
		if signal.Value*signal.Weight > best.Value*best.Weight {
			best = signal
		}
	}
	return best.Name
}

// clamp01 limits x to 0..1. NaN becomes 0.
func clamp01(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	return min(x, 1)
}

// ratio returns part/whole in 0..1. Something in a whole of nothing is full.
func ratio(part, whole int) float64 {
	switch {
	case part <= 0:
		return 0
	case whole <= 0:
		return 1
	}
	return clamp01(float64(part) / float64(whole))
}
