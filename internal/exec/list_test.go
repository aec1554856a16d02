package exec

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The list beside a slice.
func TestAListKeepsOrderWhateverLeaves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l list
		var want []*Task
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			if len(want) == 0 || rapid.Bool().Draw(t, "push") {
				x := &Task{}
				l.push(x)
				want = append(want, x)
			} else {
				i := rapid.IntRange(0, len(want)-1).Draw(t, "leaves")
				l.remove(want[i])
				if want[i].in != nil {
					t.Fatal("a task that has left says that it is in a list")
				}
				want = slices.Delete(want, i, i+1)
			}
			if got := slices.Collect(l.all); !slices.Equal(got, want) || l.len != len(want) {
				t.Fatalf("%d tasks (len %d), want %d", len(got), l.len, len(want))
			}
			for _, x := range want {
				if x.in != &l {
					t.Fatal("a task does not know its list")
				}
			}
		}
		for x := range l.all { // each may leave while it is looked at
			l.remove(x)
		}
		if l.first != nil || l.last != nil || l.len != 0 {
			t.Fatalf("not empty: %+v", l)
		}
	})
}
