package bound

// sweep runs prefixes of the jobs through the cores, the earliest due first, as
// fluid: work can be cut at will, and a job that comes due keeps what it got.
type sweep struct {
	jobs  []Job   // in order of release
	rank  []int32 // of each job by work, from 0
	cores []Step
	queue []claim // heap, the earliest due at the top
	now   float64 // ns
	done  float64 // core time given, ns
}

// claim is what a released job still wants.
type claim struct {
	due  float64
	left float64
}

// most returns the most core time that the k shortest jobs could get: F(k).
func (s *sweep) most(k int) float64 {
	s.queue, s.now, s.done = s.queue[:0], 0, 0
	for i := range s.jobs {
		if int(s.rank[i]) >= k {
			continue
		}
		j := &s.jobs[i]
		s.runUntil(float64(j.Release))
		s.push(claim{float64(j.Due), float64(j.Work)})
	}
	s.runUntil(float64(Never))
	return s.done
}

func (s *sweep) runUntil(to float64) {
	for len(s.queue) > 0 && s.now < to {
		top := &s.queue[0]
		if top.due <= s.now {
			s.pop()
			continue
		}
		rate, change := at(s.cores, s.now)
		until := min(to, top.due, change)
		if can := float64(rate * (until - s.now)); can < top.left {
			s.done += can
			top.left -= can
			s.now = until
			continue
		}
		s.done += top.left
		s.now += top.left / rate
		s.pop()
	}
	s.now = max(s.now, to)
}

func (s *sweep) push(c claim) {
	s.queue = append(s.queue, c)
	i := len(s.queue) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if s.queue[parent].due <= c.due {
			break
		}
		s.queue[i] = s.queue[parent]
		i = parent
	}
	s.queue[i] = c
}

func (s *sweep) pop() {
	last := len(s.queue) - 1
	c := s.queue[last]
	s.queue = s.queue[:last]
	i := 0
	for {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && s.queue[child+1].due < s.queue[child].due {
			child++
		}
		if c.due <= s.queue[child].due {
			break
		}
		s.queue[i] = s.queue[child]
		i = child
	}
	if last > 0 {
		s.queue[i] = c
	}
}
