package admission

import (
	"math"
	"time"
)

// Queue is what comes before a job, its own cell included, for whoever explains.
type Queue struct {
	Backlog time.Duration // core time that waits
	Demand  float64       // cores that arrivals ask for
}

// longestLook keeps what is told apart from the end of a Duration.
const longestLook = float64(1 << 62)

// Before is what comes before a job of a cell.
func (d *Door) Before(c Cell) Queue {
	q := &d.before[c]
	return Queue{Backlog: time.Duration(min(max(q.waits, 0), longestLook)), Demand: max(q.rate, 0)}
}

// Demand is what all arrivals ask for, in cores, the refused ones too.
func (d *Door) Demand() float64 { return max(d.before[Cells-1].rate, 0) }

// Scarcity is the share of the offered core time that the cores cannot do.
func (d *Door) Scarcity() float64 {
	demand := d.Demand()
	if d.Cores == 0 || demand <= d.Cores {
		return 0
	}
	return 1 - d.Cores/demand
}

// Least is the least slack at which Miss of a cell is the probability of z sigmas or
// less; ok is false if no slack is enough.
//
// With s the root of the slack, Miss is that where (cores-rate) s^2 + z sqrt(noise) s =
// waits - z: the smaller root, in the form that also holds where cores-rate is 0.
func (d *Door) Least(c Cell, z float64) (slack time.Duration, ok bool) {
	q := &d.before[c]
	excess := q.waits - z
	if d.Cores == 0 || excess <= 0 {
		return 1, true
	}
	linear := float64(z * math.Sqrt(q.noise))
	under := float64(linear*linear) + 4*float64((d.Cores-q.rate)*excess)
	if under < 0 {
		return 0, false
	}
	most := linear + math.Sqrt(under)
	if most <= 0 {
		return 0, false
	}
	root := 2 * excess / most
	if t := math.Ceil(root*root) + 1; t < longestLook {
		return time.Duration(t), true
	}
	return 0, false
}

// More is how many cores more are enough for a job of a cell that needs some core time in
// a budget, for Miss to be the probability of z sigmas or less; ok is false if no number is.
// It splits the budget evenly, as factors, between being slowed down and waiting, so
// that fewer can be enough.
func (d *Door) More(c Cell, service, budget time.Duration, z float64) (cores float64, ok bool) {
	need, has := float64(max(service, 1)), float64(budget)
	if d.Cores == 0 || has < 1.01*need {
		return 0, false
	}
	stretch := min(math.Sqrt(has/need), maxStretch)
	below := int(c) - preempts
	preempted := below >= 0 && below/sizes == int(c)/sizes
	if preempted {
		cores = d.before[below].rate*stretch/(stretch-1) - d.Cores
	}
	q := &d.before[c]
	cores = max(cores, 0)
	for range moreSteps { // with more cores it is slowed down less, and has more time to wait in which more comes
		if stretch = 1; preempted {
			all := d.Cores + cores
			stretch = min(all/max(all-d.before[below].rate, all/maxStretch), maxStretch)
		}
		t := has - need*stretch
		if t <= 0 {
			return 0, false
		}
		sigma := math.Sqrt(float64(q.noise*t)) + 1
		enough := (q.waits-float64(z*sigma))/t + q.rate - d.Cores
		if enough <= cores {
			break
		}
		cores = enough
	}
	return cores, true
}

// moreSteps is as often as the number of cores is corrected; it converges in two or three.
const moreSteps = 20
