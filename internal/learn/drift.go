package learn

import "math"

const (
	// tolerance is the rise of the error, in standard deviations, that is no drift. A
	// change of one kind among four is diluted to a quarter of a deviation or so.
	tolerance = 0.1
	// alarmAt is the summed excess that is one. By chance an excursion gets there
	// with probability exp(-2*tolerance*alarmAt) = 6e-6; a rise by 0.25 deviations
	// does in 400 jobs.
	alarmAt = 60
	// settling is how many errors make the mean that later ones are compared with.
	settling = 200
	// forgetting is what an alarm divides the evidence by.
	forgetting = 4
)

// drift is Page and Hinkley's test on the size of the errors: it sums by how much
// they exceed their mean and raises an alarm when the sum has risen from its
// lowest point by more than chance explains.
type drift struct {
	n      float64
	size   moment
	excess float64 // above the lowest point so far
}

// observe takes in one error and reports an alarm. It starts anew after one.
func (d *drift) observe(err float64) (alarm bool) {
	size := math.Abs(err)
	d.n++
	if d.n > settling {
		z := (size - d.size.mean) / math.Sqrt(d.size.variance+1e-6) // 1e-6: a deviation of 0.001 is none
		d.excess = max(d.excess+clamp(z, -maxDeviation, maxDeviation)-tolerance, 0)
	}
	d.size.add(size, shareOf(d.n, memory))
	if d.excess <= alarmAt {
		return false
	}
	*d = drift{}
	return true
}

// maxDeviation bounds what one error adds: a single outlier is no drift.
const maxDeviation = 4
