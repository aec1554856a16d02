package capacity

import "math"

// WidthInputs is what a width is found from.
type WidthInputs struct {
	Ceiling  int     // most slots there may be
	Cores    float64 // usable: the lesser of GOMAXPROCS and the quota; 0 or less when unknown
	CPURate  float64 // core-seconds per second that the process used since the last call; -1 unknown
	Runnable float64 // goroutines that wait for a core, on average; -1 unknown
	Busy     int     // slots in use
	Queued   int     // jobs that wait for a slot
	Running  int     // goroutines on a core beside the caller's; -1 unknown
}

// floor is the width that computing jobs need to use all cores.
func (in WidthInputs) floor() int {
	return int(min(max(math.Round(in.Cores), 1), float64(in.Ceiling)))
}

// sane returns in with every number in its range. Cores that nobody knows are as
// many as the ceiling wants.
func (in WidthInputs) sane() WidthInputs {
	in.Ceiling = min(max(in.Ceiling, 1), maxParallelism)
	if !(in.Cores > 0) || math.IsInf(in.Cores, 0) {
		in.Cores = float64(in.Ceiling)
	}
	in.CPURate, in.Runnable = known(in.CPURate), known(in.Runnable)
	return in
}

// known returns x, or -1 when it says nothing.
func known(x float64) float64 {
	if !(x >= 0) || math.IsInf(x, 0) {
		return -1
	}
	return x
}
