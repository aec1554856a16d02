package bound

import (
	"cmp"
	"slices"
)

const (
	// maxSweeps bounds the limits that are computed. Each is a pass over all jobs,
	// and halves the largest doubt that is left: with 40 of them doubts of
	// a thousandth of the jobs have not been seen.
	maxSweeps = 40
	// tolerance is the doubt, as a share of the jobs, at which more sweeps would not
	// show in a ratio of three digits.
	tolerance = 0.0002
	// rounding lifts the limits by more than the sums in a sweep can lose.
	rounding = 1 + 1e-9
)

// Finished returns how many of the jobs could at most finish by their due times.
// The steps are in order of time, and the first one holds for all time before it.
func Finished(jobs []Job, cores []Step) float64 { return finished(jobs, cores, maxSweeps, tolerance) }

func finished(jobs []Job, cores []Step, sweeps int, tolerance float64) float64 {
	timeless := 0
	byRelease := make([]Job, 0, len(jobs))
	for _, j := range jobs {
		switch {
		case j.Due == Never:
			timeless++ // it can run when all others have ended
		case j.possible():
			byRelease = append(byRelease, j)
		}
	}
	if len(byRelease) == 0 {
		return float64(timeless)
	}
	slices.SortStableFunc(byRelease, func(a, b Job) int { return cmp.Compare(a.Release, b.Release) })
	return float64(timeless) + newFill(byRelease, cores).count(sweeps, tolerance)
}

// fill is the shortest-first fill of the doc comment.
type fill struct {
	sweep  *sweep
	prefix []float64 // work of the k shortest jobs
	work   []float64 // of the k-th shortest job
	limits []limit   // in order of k; the first is {0, 0}
}

// limit is F(k).
type limit struct {
	k int
	f float64
}

func newFill(byRelease []Job, cores []Step) *fill {
	n := len(byRelease)
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(byRelease[a].Work, byRelease[b].Work), cmp.Compare(a, b))
	})
	f := &fill{
		sweep:  &sweep{jobs: byRelease, rank: make([]int32, n), cores: cores},
		prefix: make([]float64, n+1), work: make([]float64, n+1),
		limits: []limit{{}},
	}
	for k, i := range order {
		f.sweep.rank[i] = int32(k)
		f.work[k+1] = float64(byRelease[i].Work)
		f.prefix[k+1] = f.prefix[k] + f.work[k+1]
	}
	return f
}

// count adds limits where they can matter most, and returns the filled jobs.
func (f *fill) count(sweeps int, tolerance float64) float64 {
	n := len(f.prefix) - 1
	f.limit(n)
	for range sweeps - 1 {
		jobs, doubts, worst, doubt := f.fill()
		if doubts <= tolerance*float64(n) || doubt == 0 {
			return jobs
		}
		f.limit((f.limits[worst].k + f.limits[worst+1].k) / 2)
	}
	jobs, _, _, _ := f.fill()
	return jobs
}

// limit computes F(k).
func (f *fill) limit(k int) {
	at, _ := slices.BinarySearchFunc(f.limits, k, func(l limit, k int) int { return cmp.Compare(l.k, k) })
	f.limits = slices.Insert(f.limits, at, limit{k, min(f.sweep.most(k)*rounding, f.prefix[k])})
}

// fill fills group by group. It returns the filled jobs, by how much further limits
// could lower them at most, and the group in which they could do so most.
func (f *fill) fill() (jobs, doubts float64, worst int, most float64) {
	filled := 0.0
	for i := range f.limits[1:] {
		a, b := f.limits[i], f.limits[i+1]
		room := min(f.prefix[b.k]-f.prefix[a.k], max(b.f-filled, 0))
		shortest := f.shortest(a.k, b.k, room)
		doubt := shortest - f.longest(a.k, b.k, room)
		if doubts += doubt; doubt > most && b.k-a.k > 1 {
			worst, most = i, doubt
		}
		jobs += shortest
		filled += room
	}
	return jobs, doubts, worst, most
}

// shortest is how many jobs of (a, b] the room holds when the shortest come first.
func (f *fill) shortest(a, b int, room float64) float64 {
	whole, found := slices.BinarySearch(f.prefix[a:b+1], f.prefix[a]+room)
	if found || whole > b-a {
		return float64(min(whole, b-a))
	}
	whole-- // prefix[a+whole] is the last that fits
	return float64(whole) + (f.prefix[a]+room-f.prefix[a+whole])/f.work[a+whole+1]
}

// longest is the same when the longest come first.
func (f *fill) longest(a, b int, room float64) float64 {
	from, _ := slices.BinarySearch(f.prefix[a:b+1], f.prefix[b]-room)
	from = min(from, b-a) // jobs (a+from, b] fit whole
	left := room - (f.prefix[b] - f.prefix[a+from])
	jobs := float64(b - a - from)
	if from > 0 && left > 0 {
		jobs += left / f.work[a+from]
	}
	return jobs
}

// at returns the number of cores at a time, and when that ends.
func at(cores []Step, now float64) (n, until float64) {
	until = float64(Never)
	for i := range cores {
		if i > 0 && float64(cores[i].From) > now {
			return n, float64(cores[i].From)
		}
		n = cores[i].Cores
	}
	return n, until
}
