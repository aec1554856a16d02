package kernel

import (
	"context"
	"runtime"
)

// inputsPerLook is how many inputs are folded between two looks at the context:
// about 25 us for the slower of the two loops that fold inputs.
const inputsPerLook = 4096

// looksPerYield spaces the yields, 0.5 to 1 ms apart. A look costs about 10 ns,
// but a yield costs some 3 us when another processor is idle, because the
// scheduler wakes it to look for work (0.3 us when all are busy, which is when
// yielding matters). A yield at every look took 22 % of the work on two hardware
// threads of one core, at every eighth 3.3 %, at every 32nd it is under 1 %
// (BenchmarkPace); jobs shorter than that leave yielding to whoever runs them.
const looksPerYield = 32

// pace is the rhythm of one call's work.
type pace struct {
	ctx   context.Context // of the call that the pace lives in
	looks uint
}

// look is called between stretches of work and says whether to go on. Now and
// then it lets other goroutines run first: loops that never yield keep arrivals
// and timers waiting for a whole scheduler slice, 10 ms, on a small machine.
func (p *pace) look() error {
	if p.looks++; p.looks%looksPerYield == 0 {
		runtime.Gosched()
	}
	return p.ctx.Err()
}
