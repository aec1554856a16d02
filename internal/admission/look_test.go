package admission_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/route"
)

// sigmas is far enough out to be asked for, and 0.97 of stats.Normal.
const (
	sigmas = 2.04243
	sure   = 0.97
)

func drawDoor(t *rapid.T) (make func(cores float64) admission.Door, cores float64) {
	var d admission.Demand
	var arrived [admission.Cells]uint64
	var waits admission.Backlog
	d.Update(0, &arrived)
	for range 3 {
		c := rapid.IntRange(0, admission.Cells-1).Draw(t, "cell")
		arrived[c] += rapid.Uint64Range(0, 3e9).Draw(t, "work")
		waits[c] += rapid.Int64Range(0, 1e9).Draw(t, "backlog")
	}
	d.Update(time.Second, &arrived)
	return func(cores float64) admission.Door { return admission.NewDoor(cores, &waits, &d) }, rapid.Float64Range(0.5, 8).Draw(t, "cores")
}

func TestLeastIsWhereMissTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doorOf, cores := drawDoor(t)
		d := doorOf(cores)
		c := admission.Cell(rapid.IntRange(0, admission.Cells-1).Draw(t, "mine"))
		slack, ok := d.Least(c, sigmas)
		if !ok {
			for at := time.Millisecond; at < time.Hour; at *= 2 {
				if p := d.Miss(c, at); p < sure-0.001 {
					t.Fatalf("no slack is enough, but at %v the miss is %v", at, p)
				}
			}
			return
		}
		if p := d.Miss(c, slack+slack/1000+1); p > sure+0.0001 {
			t.Fatalf("miss %v at the least slack %v", p, slack)
		}
		if p := d.Miss(c, slack-slack/1000-2); slack > 100 && p < sure-0.0001 {
			t.Fatalf("miss %v below the least slack %v", p, slack)
		}
	})
}

func TestMoreCoresAreEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doorOf, cores := drawDoor(t)
		d := doorOf(cores)
		c := admission.Cell(rapid.IntRange(0, admission.Cells-1).Draw(t, "mine"))
		budget := time.Duration(rapid.Int64Range(1e3, 1e9).Draw(t, "budget"))
		service := time.Duration(rapid.Int64Range(1, int64(budget)).Draw(t, "service"))
		more, ok := d.More(c, service, budget, sigmas)
		if !ok {
			return
		}
		better := doorOf(cores + more + 1e-6)
		if p := better.Miss(c, budget-better.Run(c, service)); p > sure+0.002 { // the last nanoseconds and the root are rounded
			t.Fatalf("%v more cores, and miss %v", more, p)
		}
	})
}

func TestScarcityIsWhatTheCoresCannotDo(t *testing.T) {
	var d admission.Demand
	var arrived [admission.Cells]uint64
	d.Update(0, &arrived)
	arrived[300], arrived[100] = 3e9, 1e9
	d.Update(time.Second, &arrived)
	door := admission.NewDoor(1, new(admission.Backlog), &d)
	if f, all, before := door.Scarcity(), door.Demand(), door.Before(200).Demand; f < 0.749 || f > 0.751 || all < 3.99 || all > 4.01 || before > 1.01 {
		t.Errorf("scarcity %v of a demand of %v, %v before", f, all, before)
	}
	if open := admission.NewDoor(5, new(admission.Backlog), &d); open.Scarcity() != 0 {
		t.Errorf("scarcity %v with more cores than demand", open.Scarcity())
	}
}

// The first cells have none before them that is much smaller.
func TestTheFirstCellsAreNotStretched(t *testing.T) {
	door := admission.NewDoor(1, new(admission.Backlog), new(admission.Demand))
	for size := range 20 {
		if s := door.Stretch(admission.CellOf(route.ClassCriticalPlus, float64(size))); s != 1 {
			t.Errorf("size 2^%d: %v", size, s)
		}
	}
}
