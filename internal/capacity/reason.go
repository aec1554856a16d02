package capacity

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// tooFew says why there is no recommendation yet.
func tooFew(observations int) string {
	return fmt.Sprintf("%d of the %d observations that a recommendation needs", observations, minRecommendation)
}

// reason says in a sentence what a recommendation is made of.
func reason(use, slots float64, parallelism int, direction string, left time.Duration) string {
	load := fmt.Sprintf("%s of %d slots will be in use, %.0f %%", tenths(slots), parallelism, 100*use)
	switch {
	case direction != Hold && left > 0:
		return fmt.Sprintf("%s; %s after a cooldown of %v more", load, direction, left.Round(time.Second))
	case use > highMark && direction == Up:
		return fmt.Sprintf("%s, above %.0f %%", load, 100*highMark)
	case use > highMark:
		return fmt.Sprintf("%s, above %.0f %%, and more slots would not help", load, 100*highMark)
	case use < lowMark && direction == Down:
		return fmt.Sprintf("%s, below %.0f %%", load, 100*lowMark)
	case use < lowMark:
		return fmt.Sprintf("%s, below %.0f %%, and fewer slots would leave no reserve", load, 100*lowMark)
	}
	return fmt.Sprintf("%s, between %.0f and %.0f %%", load, 100*lowMark, 100*highMark)
}

// leastShort is the shortage that is worth a word: less than a hundredth of the
// work is inside the error of every forecast.
const leastShort = 0.01

// advice says what to do when fewer cores are present than needed.
func advice(needed, present float64) string {
	short := 1 - present/needed
	if present <= 0 || !(short >= leastShort) {
		return ""
	}
	return fmt.Sprintf("%s cores needed, %s present: shed %.0f %% of the work or add %s cores",
		tenths(needed), tenths(present), 100*short, tenths(max(needed-present, 0.1)))
}

// tenths writes x with at most one decimal.
func tenths(x float64) string {
	return strconv.FormatFloat(math.Round(10*x)/10, 'f', -1, 64)
}
