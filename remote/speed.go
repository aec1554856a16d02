package remote

import (
	"math/bits"
	"time"
)

const (
	speedSteps = 200_000 // some 0.2 ms: long enough for the clock, short enough for no slice to end in it
	speedTries = 7
)

// speed measures the cores in steps of a fixed loop per microsecond: what a peer is taken to be worth before any job has
// run there. The best of some tries counts, since what disturbs only ever slows. 0 if the clock does not move.
func speed() float64 {
	best := 0.0
	for try := range speedTries {
		began := time.Now()
		spun := spin(uint64(try))
		took := time.Since(began)
		if took > 0 && spun != 0 {
			best = max(best, speedSteps/(float64(took)/float64(time.Microsecond)))
		}
	}
	return best
}

func spin(x uint64) uint64 {
	for range speedSteps {
		hi, lo := bits.Mul64(x^0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9)
		x = hi ^ lo + 1
	}
	return x | 1
}
