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
// 1, so that the blend is 1 only when every signal is. External and the machine's
// signals are not blended: each competes with the blend as a whole.
const (
	saturationWeight = 0.40
	dropsWeight      = 0.30
	latencyWeight    = 0.20
	trendWeight      = 0.10
	rivalWeight      = 1
)

// How many signals there are of each sort.
const (
	blendedSignals = 4
	machineSignals = 6
)

// Snapshot is the pressure at one instant.
type Snapshot struct {
	Score    float64  // the largest of the blend, External and the machine's signals, 0..1
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

// blend makes the snapshot of four own signals, the external value and the machine's.
func blend(saturation, drops, latency, trend, external float64, machine Machine) Snapshot {
	signals := make([]Signal, 0, blendedSignals+1+machineSignals)
	signals = append(signals,
		Signal{Saturation, saturation, saturationWeight},
		Signal{Drops, drops, dropsWeight},
		Signal{Latency, latency, latencyWeight},
		Signal{Trend, trend, trendWeight},
		Signal{External, external, rivalWeight},
	)
	of := machine.signals()
	signals = append(signals, of[:]...)
	s := Snapshot{External: external, Signals: signals}
	s.Score, s.Ruling = rule(signals[:blendedSignals], signals[blendedSignals:])
	return s
}

// rule lets the blend compete with its rivals. It returns the score, and the name
// of the signal that adds most to it. Of equals, a rival rules over the blend, of
// which it takes several signals to make as much, and among rivals the first.
func rule(blended, rivals []Signal) (score float64, ruling string) {
	var sum float64
	for _, signal := range blended {
		sum += signal.Value * signal.Weight
	}
	best := largest(rivals)
	switch sum = clamp01(sum); {
	case sum > best.Value:
		return sum, largest(blended).Name
	case best.Value > 0:
		return best.Value, best.Name
	}
	return 0, None
}

// largest returns the signal that contributes most; the first of equals.
func largest(signals []Signal) Signal {
	best := signals[0]
	for _, signal := range signals[1:] {
		if signal.Value*signal.Weight > best.Value*best.Weight {
			best = signal
		}
	}
	return best
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
