package kernel

import (
	"context"
	"math/bits"
	"slices"
)

// The bounds of the simulations, and the cost units of one: below 5000 the 5 %
// element is mostly noise, above 50,000 it no longer moves.
const (
	minSims     = 5_000
	maxSims     = 50_000
	costPerSim  = 200
	tailDivisor = 20 // the answer is the element at floor(0.05 * sims), which is sims/20
)

// MonteCarloRisk simulates a portfolio and returns its 5 % quantile: the sample at
// index floor(0.05*sims) of the sorted samples. sims is cost/200, clamped to
// 5000..50,000.
//
// Nothing is sorted and one sample is computed. A sample is a rising function of
// its random number (each of its steps multiplies by a positive number, adds or
// rounds, and rounding keeps order), so the k-th smallest sample is the sample of
// the k-th smallest number.
func MonteCarloRisk(ctx context.Context, id uint64, inputs []uint64, cost uint64) (float64, error) {
	beat := &pace{ctx: ctx}
	p, err := foldPortfolio(beat, inputs)
	if err != nil {
		return 0, err
	}
	sims := simulations(cost)
	s := newStream(id, tailCut)
	defer s.release()
	if err := drawTo(beat, s, sims); err != nil {
		return 0, err
	}
	r, err := tailNumber(beat, s, id)
	return p.sample(r), err
}

// drawTo draws until the stream is sims long.
func drawTo(beat *pace, s *stream, sims int) error {
	for {
		s.draw(min(sims-s.drawn, stepsPerLook))
		if s.drawn == sims {
			return nil
		}
		if err := beat.look(); err != nil {
			return err
		}
	}
}

// tailNumber is the number of the 5 % sample among those drawn so far.
func tailNumber(beat *pace, s *stream, id uint64) (uint64, error) {
	k := s.drawn / tailDivisor
	if k < len(s.low) {
		return kthSmallest(s.low, k, s.cut), nil
	}
	all := newStream(id, noCut)
	if err := drawTo(beat, all, s.drawn); err != nil {
		return 0, err
	}
	return kthSmallest(all.low, k, noCut), nil
}

func simulations(cost uint64) int {
	return int(min(max(cost/costPerSim, minSims), maxSims))
}

// portfolio is what the inputs make of a random number.
type portfolio struct {
	mean, vol float64
}

func foldPortfolio(beat *pace, inputs []uint64) (portfolio, error) {
	p, err := portfolio{vol: 1}, beat.ctx.Err()
	for stretch := range slices.Chunk(inputs, inputsPerLook) {
		if err != nil {
			return portfolio{}, err
		}
		for _, v := range stretch {
			p.mean += float64(unit(v) * .0001)
			p.vol += float64((unit(bits.RotateLeft64(v, 13)) - .5) * .01)
		}
		if len(stretch) == inputsPerLook {
			err = beat.look()
		}
	}
	p.vol = max(p.vol, .1)
	return p, err
}

// sample is one simulated return.
func (p portfolio) sample(r uint64) float64 {
	base := float64((float64(unit(r)*2) - 1) * .05)
	return p.mean + float64(base*p.vol)
}

// unit maps 0..2^64-1 to 0..1; only the conversion rounds.
func unit(v uint64) float64 { return float64(float64(v) * 0x1p-64) }
