package admission_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

const (
	ms   = time.Millisecond
	tick = 10 * ms
)

// byRank are the classes, who is refused last first.
var byRank = []route.Class{route.ClassCriticalPlus, route.ClassCritical, route.ClassDefault, route.ClassSheddable}

func cellOf(class route.Class, d time.Duration) admission.Cell {
	return admission.CellOf(class, stats.Log2(float64(d)))
}

// feed lets work arrive at a steady rate, in cores by cell, for a time.
type feed struct {
	demand admission.Demand
	now    time.Duration
}

func (f *feed) run(d time.Duration, cores map[admission.Cell]float64) {
	var arrived [admission.Cells]uint64
	for c, rate := range cores {
		arrived[c] = uint64(rate * float64(tick))
	}
	if f.now == 0 {
		f.demand.Update(0, &arrived) // what came before anybody counted
	}
	for end := f.now + d; f.now < end; {
		f.now += tick
		f.demand.Update(f.now, &arrived)
	}
}

func TestCellsAreInOrderOfClassAndThenOfSize(t *testing.T) {
	last := -1
	for _, class := range byRank {
		for size := 0.; size < 60; size += 0.05 {
			c := int(admission.CellOf(class, size))
			if c < last || c >= admission.Cells {
				t.Fatalf("%v with 2^%.2f ns: cell %d after %d of %d", class, size, c, last, admission.Cells)
			}
			last = c
		}
	}
	if last != admission.Cells-1 {
		t.Errorf("the last cell in use is %d of %d", last, admission.Cells)
	}
	if a, b := cellOf(route.ClassDefault, 10*ms), cellOf(route.ClassDefault, 13*ms); a == b {
		t.Error("10 ms and 13 ms are one size")
	}
	for _, size := range []float64{math.Inf(-1), math.Inf(1), -1e9, 1e9} {
		if c := admission.CellOf(route.ClassDefault, size); int(c) >= admission.Cells {
			t.Errorf("size %g is in cell %d", size, c)
		}
	}
}

func TestADoorWithoutDemandRefusesNobody(t *testing.T) {
	zero := admission.Door{}
	idle := admission.NewDoor(2, new(admission.Backlog), new(admission.Demand))
	for c := range admission.Cell(admission.Cells) {
		for _, slack := range []time.Duration{1, ms, time.Hour} {
			if a, b := zero.Miss(c, slack), idle.Miss(c, slack); a > 0.5 || b > 0.5 {
				t.Fatalf("cell %d with slack %v: misses with %.2f and %.2f", c, slack, a, b)
			}
		}
		for _, d := range []*admission.Door{&zero, &idle} {
			if wait, ok := d.Wait(c); wait != 0 || !ok || d.Stretch(c) != 1 || d.Run(c, ms) != ms {
				t.Fatalf("cell %d: waits %v, %v, stretched by %v", c, wait, ok, d.Stretch(c))
			}
		}
	}
	if got := zero.Miss(0, 0); got != 0 {
		t.Errorf("the zero door lets everything pass, not %.2f", 1-got)
	}
}

func TestDemandAboveTheCoresRefusesTheLargerAndNotTheSmaller(t *testing.T) {
	var f feed
	small, large := cellOf(route.ClassDefault, ms), cellOf(route.ClassDefault, 50*ms)
	f.run(20*time.Second, map[admission.Cell]float64{small: 1.8, large: 5})
	d := admission.NewDoor(2, new(admission.Backlog), &f.demand)
	if got := d.Miss(small, 500*ms); got > 0.02 {
		t.Errorf("small work misses with %.3f, and there is room for it", got)
	}
	if got := d.Miss(large+1, 500*ms); got < 0.97 {
		t.Errorf("larger work misses with %.3f, and demand is %.2f of 2 cores", got, f.demand.Total())
	}
	// What comes later of its own size goes behind it.
	if got := d.Miss(large, 500*ms); got > 0.02 {
		t.Errorf("large work misses with %.3f, and nothing waits", got)
	}
	if wait, ok := d.Wait(small); !ok || wait != 0 {
		t.Errorf("small work waits %v, %v", wait, ok)
	}
	// What is more critical does not see it, whatever its size.
	if got := d.Miss(cellOf(route.ClassCritical, time.Second), 500*ms); got > 0.02 {
		t.Errorf("critical work misses with %.3f for default work", got)
	}
	if got := d.Miss(cellOf(route.ClassSheddable, ms), 500*ms); got < 0.97 {
		t.Errorf("sheddable work misses with %.3f after default work", got)
	}
}

func TestAJobWaitsForTheBacklogBeforeItAtThePaceThatIsLeft(t *testing.T) {
	var f feed
	mine, small, large := cellOf(route.ClassDefault, 10*ms), cellOf(route.ClassDefault, ms), cellOf(route.ClassDefault, 100*ms)
	f.run(20*time.Second, map[admission.Cell]float64{small: 1})
	waits := new(admission.Backlog)
	waits.Add(small, 100*ms)
	waits.Add(mine, 50*ms)
	waits.Add(large, time.Hour)
	d := admission.NewDoor(2, waits, &f.demand)
	if wait, ok := d.Wait(mine); !ok || (wait-150*ms).Abs() > ms {
		t.Errorf("waits %v, %v: 150 ms of core time at 2 cores less 1 make 150ms", wait, ok)
	}
	if early, late := d.Miss(mine, 100*ms), d.Miss(mine, 250*ms); early < 0.9 || late > 0.1 {
		t.Errorf("with 100 ms of slack it misses with %.2f, with 250 ms with %.2f", early, late)
	}
	if got := d.Miss(mine, 0); got != 1 {
		t.Errorf("without slack it misses with %.2f", got)
	}
	if _, ok := d.Wait(large); !ok {
		t.Error("the turn of the largest comes, after an hour")
	}
	f.run(20*time.Second, map[admission.Cell]float64{small: 2.5})
	d = admission.NewDoor(2, waits, &f.demand)
	if wait, ok := d.Wait(mine); ok {
		t.Errorf("the turn comes after %v, and those before ask for more than there is", wait)
	}
}

// Below the cores' capacity what is larger misses no sooner, nor who has more slack more.
// Beyond it Miss is not monotone: the noise of the larger makes their excess less sure.
func TestMissIsMonotoneWhereTheCoresSuffice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f feed
		cores, left := rapid.Float64Range(1, 64).Draw(t, "cores"), 0.95
		rates := map[admission.Cell]float64{}
		for range rapid.IntRange(0, 5).Draw(t, "kinds") {
			share := rapid.Float64Range(0, left).Draw(t, "share")
			left -= share
			rates[admission.Cell(rapid.IntRange(0, admission.Cells-1).Draw(t, "cell"))] += share * cores
		}
		f.run(time.Second, rates)
		d := admission.NewDoor(cores, new(admission.Backlog), &f.demand)
		a := admission.Cell(rapid.IntRange(0, admission.Cells-2).Draw(t, "a"))
		b := a + admission.Cell(rapid.IntRange(1, admission.Cells-1-int(a)).Draw(t, "b"))
		slack := time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "slack"))
		more := slack + time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "more"))
		const rounding = 1e-9
		if d.Miss(a, slack) > d.Miss(b, slack)+rounding {
			t.Fatalf("cell %d misses with %g, cell %d with %g", a, d.Miss(a, slack), b, d.Miss(b, slack))
		}
		if d.Miss(a, more) > d.Miss(a, slack)+rounding {
			t.Fatalf("slack %v misses with %g, %v with %g", slack, d.Miss(a, slack), more, d.Miss(a, more))
		}
	})
}

// Whatever waits and arrives, what comes out are probabilities and times.
func TestADoorAnswersInNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f feed
		waits, rates := new(admission.Backlog), map[admission.Cell]float64{}
		cell := rapid.Map(rapid.IntRange(0, admission.Cells-1), func(c int) admission.Cell { return admission.Cell(c) })
		for range rapid.IntRange(0, 5).Draw(t, "kinds") {
			c := cell.Draw(t, "cell")
			rates[c] = rapid.Float64Range(0, 1e6).Draw(t, "rate")
			waits.Add(c, time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "waits")))
		}
		f.run(100*ms, rates)
		d := admission.NewDoor(rapid.Float64Range(0.01, 4096).Draw(t, "cores"), waits, &f.demand)
		for range 10 {
			c, slack := cell.Draw(t, "c"), time.Duration(rapid.Int64().Draw(t, "slack"))
			miss, stretch := d.Miss(c, slack), d.Stretch(c)
			wait, _ := d.Wait(c)
			if !(miss >= 0 && miss <= 1) || !(stretch >= 1 && stretch <= 100) || wait < 0 {
				t.Fatalf("cell %d, slack %v: miss %v, stretch %v, wait %v", c, slack, miss, stretch, wait)
			}
		}
	})
}

func TestOnlyMuchSmallerWorkStretches(t *testing.T) {
	var f feed
	small := cellOf(route.ClassDefault, ms)
	f.run(20*time.Second, map[admission.Cell]float64{small: 1})
	d := admission.NewDoor(2, new(admission.Backlog), &f.demand)
	for size, want := range map[time.Duration]float64{ms / 10: 1, ms: 1, 3 * ms: 1, 5 * ms: 2, time.Second: 2} {
		if got := d.Stretch(cellOf(route.ClassDefault, size)); math.Abs(got-want) > 0.02 {
			t.Errorf("%v beside 1 of 2 cores of work of 1 ms: stretched by %.2f, want %v", size, got, want)
		}
	}
	f.run(20*time.Second, map[admission.Cell]float64{small: 50})
	d = admission.NewDoor(2, new(admission.Backlog), &f.demand)
	if got := d.Stretch(cellOf(route.ClassDefault, time.Second)); got != 100 {
		t.Errorf("with no core left: stretched by %v, want the bound, 100", got)
	}
}

func TestADemandIsBelievedSlowlyWhenItRisesAndFastWhenItFalls(t *testing.T) {
	var f feed
	c := cellOf(route.ClassDefault, ms)
	at := func(cores float64, d time.Duration) float64 {
		f.run(d, map[admission.Cell]float64{c: cores})
		return f.demand.Total()
	}
	if got := at(1, 20*ms); math.Abs(got-1) > 0.01 {
		t.Errorf("after two ticks of 1 core: %.3f, and there is no bias at the start", got)
	}
	at(1, 20*time.Second)
	if got := at(5, 300*ms); got > 1.6 {
		t.Errorf("a burst of 300 ms from 1 to 5 cores is believed at once: %.2f", got)
	}
	if got := at(5, 12*time.Second); got < 4.8 {
		t.Errorf("a rise that lasts for 12 s is not believed: %.2f of 5", got)
	}
	if got := at(0.5, 300*ms); got > 0.5+4.5*0.36 {
		t.Errorf("a fall is not believed within 300 ms: %.2f", got)
	}
	if got := at(0.5, time.Second); got > 0.7 {
		t.Errorf("a fall from 5 to 0.5 is at %.2f after more than a second", got)
	}
}

func TestAnUpdateWithoutTimeChangesNothing(t *testing.T) {
	var f feed
	c := cellOf(route.ClassDefault, ms)
	f.run(time.Second, map[admission.Cell]float64{c: 1})
	was := f.demand.Total()
	var arrived [admission.Cells]uint64
	arrived[c] = uint64(time.Hour)
	f.demand.Update(f.now, &arrived)
	f.demand.Update(f.now-time.Second, &arrived)
	if got := f.demand.Total(); got != was {
		t.Errorf("demand moved from %v to %v in no time", was, got)
	}
}

func TestWhatStopsToWaitLeavesNoBacklog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type waiting struct {
			cell    admission.Cell
			service time.Duration
		}
		b, in := new(admission.Backlog), []waiting(nil)
		for range rapid.IntRange(0, 50).Draw(t, "jobs") {
			w := waiting{admission.Cell(rapid.IntRange(0, admission.Cells-1).Draw(t, "cell")), time.Duration(rapid.Int64Range(0, 1<<53).Draw(t, "ns"))}
			in = append(in, w)
			b.Add(w.cell, w.service)
		}
		for _, i := range rapid.Permutation(slices.Collect(indices(len(in)))).Draw(t, "order") {
			b.Add(in[i].cell, -in[i].service)
		}
		if *b != (admission.Backlog{}) {
			t.Fatal("something still waits")
		}
	})
}

func indices(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}
