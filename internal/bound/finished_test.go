package bound

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// feasible reports whether all jobs of a set can finish in time, with preemption and
// migration, but each on one core at a time: Horn's flow from jobs through the intervals
// between releases and dues to the cores.
func feasible(jobs []Job, set uint, cores []Step) bool {
	var cuts []time.Duration
	want := 0
	for i, j := range jobs {
		if set>>i&1 == 1 {
			cuts = append(cuts, j.Release, j.Due)
			want += int(j.Work)
		}
	}
	for _, c := range cores {
		cuts = append(cuts, c.From)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	source, sink := len(jobs)+len(cuts), len(jobs)+len(cuts)+1
	room := make([][]int, sink+1)
	for i := range room {
		room[i] = make([]int, sink+1)
	}
	for k := range len(cuts) - 1 {
		long := int(cuts[k+1] - cuts[k])
		c, _ := at(cores, float64(cuts[k]))
		room[len(jobs)+k][sink] = long * int(c)
		for i, j := range jobs {
			if set>>i&1 == 1 && j.Release <= cuts[k] && cuts[k+1] <= j.Due {
				room[i][len(jobs)+k] = long
			}
		}
	}
	for i, j := range jobs {
		if set>>i&1 == 1 {
			room[source][i] = int(j.Work)
		}
	}
	got := 0
	for {
		more := augment(room, source, sink, math.MaxInt, make([]bool, sink+1))
		if more == 0 {
			return got == want
		}
		got += more
	}
}

func augment(room [][]int, from, to, most int, seen []bool) int {
	if from == to {
		return most
	}
	seen[from] = true
	for next, r := range room[from] {
		if r > 0 && !seen[next] {
			if got := augment(room, next, to, min(most, r), seen); got > 0 {
				room[from][next] -= got
				room[next][from] += got
				return got
			}
		}
	}
	return 0
}

// bruteForce tries every set of jobs.
func bruteForce(jobs []Job, cores []Step) (best int) {
	for set := range uint(1) << len(jobs) {
		if n := bits.OnesCount(set); n > best && feasible(jobs, set, cores) {
			best = n
		}
	}
	return best
}

func randomCase(r *rand.Rand) (jobs []Job, cores []Step) {
	for range 1 + r.IntN(9) {
		release := time.Duration(r.IntN(20))
		work := time.Duration(1 + r.IntN(1+r.IntN(10)))
		jobs = append(jobs, Job{Release: release, Due: release + time.Duration(r.IntN(15)), Work: work})
	}
	cores = []Step{{0, float64(1 + r.IntN(3))}}
	if r.IntN(2) == 0 {
		from := time.Duration(1 + r.IntN(20))
		cores = append(cores, Step{from, float64(r.IntN(3))}, Step{from + time.Duration(1+r.IntN(9)), 1})
	}
	return jobs, cores
}

func TestNoScheduleBeatsTheBound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var possible, bounded float64
	for range 1000 {
		jobs, cores := randomCase(r)
		best := bruteForce(jobs, cores)
		last := math.Inf(1)
		for _, sweeps := range []int{1, 2, 4, 40} {
			got := finished(jobs, cores, sweeps, 0)
			if got < float64(best) || got > last+1e-6 || got > float64(len(jobs)) {
				t.Fatalf("%d jobs can finish, the bound of %d sweeps is %v after %v: %v on %v", best, sweeps, got, last, jobs, cores)
			}
			last = got
		}
		possible, bounded = possible+float64(best), bounded+last
	}
	// What is left is what the bound lets pass: fractions of jobs, and jobs on two cores at
	// a time. Both weigh most where few jobs share a window, as here.
	if t.Logf("possible %v, bound %.0f", possible, bounded); possible/bounded < 0.9 {
		t.Errorf("the bound is %.0f where %v can finish: too loose to aim at", bounded, possible)
	}
}

func TestTheBoundOfOneWindowIsTheShortestFirstFill(t *testing.T) {
	jobs := []Job{{0, 10, 4}, {0, 10, 1}, {0, 10, 8}, {0, 10, 3}, {0, 10, 6}, {0, 10, 11}}
	got := Finished(jobs, []Step{{0, 1}})
	if want := 3 + 2./6; math.Abs(got-want) > 1e-6 { // 1 + 3 + 4 fit, and a third of 6; 11 never could
		t.Errorf("%v, want %v", got, want)
	}
}

func TestJobsWithoutADueTimeAlwaysFinish(t *testing.T) {
	jobs := []Job{{0, Never, 1e9}, {0, 10, 10}, {5, 15, 10}}
	if got := Finished(jobs, []Step{{0, 1}}); math.Abs(got-2.5) > 1e-6 {
		t.Errorf("%v", got)
	}
	if got := Finished(nil, []Step{{0, 1}}); got != 0 {
		t.Errorf("%v of nothing", got)
	}
}

func TestTheDoubtIsSmallAfterTheSweepsThatAreMade(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for _, gap := range []int{300, 700, 2000} {
		var jobs []Job
		release := 0
		for range 1000 {
			release += r.IntN(gap)
			work := []int{1 + r.IntN(300), 300 + r.IntN(3000)}[r.IntN(2)]
			jobs = append(jobs, Job{time.Duration(release), time.Duration(release + work*(2+r.IntN(20))), time.Duration(work)})
		}
		quick, exact := Finished(jobs, []Step{{0, 2}}), finished(jobs, []Step{{0, 2}}, 1001, 0)
		if quick < exact-1e-6 || quick > exact*1.001 {
			t.Errorf("gap %d: %v, exactly %v", gap, quick, exact)
		}
	}
}

func BenchmarkFinished(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 1))
	jobs := make([]Job, 100_000)
	release := 0
	for i := range jobs {
		release += r.IntN(1000)
		work := 1 + r.IntN(4000)
		jobs[i] = Job{time.Duration(release), time.Duration(release + work*10), time.Duration(work)}
	}
	for b.Loop() {
		Finished(jobs, []Step{{0, 2}})
	}
	b.ReportMetric(float64(len(jobs))*float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}
