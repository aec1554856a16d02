package capacity

import "time"

// remembered is how many observations the trend is fitted to: at one a second a
// minute, long enough that a burst of seconds does not tilt the line, short enough
// that the line is of now and not of an hour ago.
const remembered = 60

// observation is the rate over one interval. It stands at the middle of that,
// where a rate that rises steadily really was what the interval says on average.
type observation struct {
	at   time.Duration // the middle of the interval
	jobs float64       // arrivals per second
	work float64       // core-seconds per second that the arrivals ask for
}

// trend is a ring of the newest observations and the lines through them. The
// zero value is empty.
type trend struct {
	ring [remembered]observation
	n    int // how many there are in all; the newest is at (n-1) modulo the ring
}

func (t *trend) add(o observation) {
	t.ring[t.n%remembered] = o
	t.n++
}

// known returns the observations, in no order that matters to a fit.
func (t *trend) known() []observation { return t.ring[:min(t.n, remembered)] }

// at returns where the least-squares line through what value reads will be at
// instant. It counts time from that instant: the line's height there is then its
// constant term, and no large numbers are subtracted from each other.
func (t *trend) at(instant time.Duration, value func(observation) float64) float64 {
	known := t.known()
	var meanX, meanY, sxx, sxy float64
	for _, o := range known {
		meanX += (o.at - instant).Seconds()
		meanY += value(o)
	}
	meanX /= float64(len(known))
	meanY /= float64(len(known))
	for _, o := range known {
		dx := (o.at - instant).Seconds() - meanX
		sxx += dx * dx
		sxy += dx * (value(o) - meanY)
	}
	if sxx == 0 {
		return meanY
	}
	return meanY - sxy/sxx*meanX
}
