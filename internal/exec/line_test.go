package exec

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func fill(t *rapid.T) (*line, []*Task) {
	l := new(line)
	var in []*Task
	for i, rank := range rapid.SliceOfN(rapid.Int64Range(-5, 5), 0, 60).Draw(t, "ranks") {
		task := &Task{Rank: time.Duration(rank)}
		in = append(in, task)
		l.push(task, uint64(i+1))
	}
	return l, in
}

// inOrder sorts tasks as a line gives them out.
func inOrder(tasks []*Task) []*Task {
	return slices.SortedStableFunc(slices.Values(tasks), func(a, b *Task) int { return int(a.Rank - b.Rank) })
}

func drain(t *rapid.T, l *line) (out []*Task) {
	for task := l.first(); task != nil; task = l.first() {
		if task.line != l || l.tasks[task.place] != task {
			t.Fatalf("the first of %d does not know its place", l.len())
		}
		l.remove(task)
		if task.line != nil {
			t.Fatal("who has left is still in line")
		}
		out = append(out, task)
	}
	return out
}

func TestALineGivesOutTheLeastRankAndTheOldestFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, in := fill(t)
		if got := drain(t, l); !slices.Equal(got, inOrder(in)) || l.len() != 0 {
			t.Fatalf("%d out of %d, or not in order", len(got), len(in))
		}
	})
}

func TestAnyTaskCanLeaveALineFromAnyPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, in := fill(t)
		for len(in) > 0 && rapid.IntRange(0, 9).Draw(t, "go on") > 0 {
			i := rapid.IntRange(0, len(in)-1).Draw(t, "who")
			l.remove(in[i])
			in = slices.Delete(in, i, i+1)
			for place, task := range l.tasks {
				if task.place != place || task.line != l {
					t.Fatalf("a task at %d thinks that it is at %d", place, task.place)
				}
				if parent := l.tasks[max(place-1, 0)/2]; task.before(parent) {
					t.Fatalf("the task at %d is before its parent", place)
				}
			}
			if seen := slices.Collect(l.all); len(seen) != len(in) {
				t.Fatalf("%d are seen and %d wait", len(seen), len(in))
			}
		}
		if got := drain(t, l); !slices.Equal(got, inOrder(in)) {
			t.Fatal("the rest does not come out in order")
		}
	})
}
