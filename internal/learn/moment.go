package learn

// moment is a mean and a variance that forget.
type moment struct {
	mean, variance float64
}

// add takes in x, which gets the given share of the new mean.
func (m *moment) add(x, share float64) {
	d := x - m.mean
	m.mean += share * d
	m.variance = (1 - share) * (m.variance + share*d*d)
}

// shareOf returns the share of the newest of n samples: each counts alike until
// there are as many as the window, then older ones fade.
func shareOf(n, window float64) float64 { return 1 / min(n, window) }
