package capacity

import (
	"math/bits"
	"time"
)

// Share keeps account of who shares the cores: what runs on slots, by predicted size,
// and how much core time each has got. Its zero value is nobody on no cores. Not safe
// for concurrent use.
type Share struct {
	Cores float64 // that there are

	running  int
	done     time.Duration      // predicted service time of what has ended; what it had, where nothing was predicted
	bySize   [maxSize + 1]int32 // what runs, by log2 of its predicted service time
	attained float64            // ns of core time that one job has got that ran from the start
	at       time.Duration      // when that was so
}

// maxSize is the size of what has no prediction: it is nobody's rival, and has all that runs for its own.
const maxSize = 63

// rivalSizes is by how many powers of two what runs may be larger than a job and still be its rival. Four
// times as large: a job that starts beside what is much longer is soon gone and costs it
// little, as if the longer one had been interrupted; beside its like it would
// only make both late.
const rivalSizes = 2

func size(service time.Duration) int {
	if service <= 0 {
		return maxSize
	}
	return bits.Len64(uint64(service))
}

// Rivals returns how much of what runs would not be done much later than a job of a
// predicted service time: what an equal or shorter one has to wait for.
func (s *Share) Rivals(service time.Duration) (n int) {
	if service <= 0 {
		return s.running
	}
	for _, c := range s.bySize[:min(size(service)+rivalSizes, maxSize)+1] {
		n += int(c)
	}
	return n
}

// SetCores changes how many cores there are, from now on.
func (s *Share) SetCores(now time.Duration, cores float64) {
	s.advance(now)
	s.Cores = cores
}

// Join is called when a job starts, and returns what Leave wants to know.
func (s *Share) Join(now, service time.Duration) (joined float64) {
	s.advance(now)
	s.running++
	s.bySize[size(service)]++
	return s.attained
}

// Leave is called when a job ends, with what Join was told and returned. It returns
// the core time that the job had, if the cores were shared evenly: its run time
// without that of its neighbours. Run time under contention is not cost.
func (s *Share) Leave(now, service time.Duration, joined float64) (served time.Duration) {
	s.advance(now)
	s.running--
	s.bySize[size(service)]--
	served = time.Duration(s.attained - joined)
	if service <= 0 {
		service = served
	}
	s.done += service
	return served
}

// Done is the predicted service time of all that has ended.
func (s *Share) Done() time.Duration { return s.done }

func (s *Share) advance(now time.Duration) {
	if now <= s.at {
		return
	}
	dt := float64(now - s.at)
	if n := float64(s.running); n > s.Cores && s.Cores > 0 {
		dt *= s.Cores / n
	}
	s.attained += dt
	s.at = now
}
