package helix

import (
	"testing"
	"time"
)

// The books differ by the jobs that are between two of them when one looks; a
// fault is what never goes away.
func TestImbalanceIsTheFloorOfAWindow(t *testing.T) {
	for name, c := range map[string]struct {
		looks []int64
		want  int64
	}{
		"never anything":          {[]int64{0, 0, 0}, 0},
		"jobs between two books":  {[]int64{7, 0, 3}, 0},
		"in both directions":      {[]int64{3, -2, 5}, 0},
		"always some, and a lost": {[]int64{4, 1, 6}, 1},
		"ended twice":             {[]int64{-1, -3, -1}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			var b imbalance
			now := time.Second
			for range 3 {
				for _, x := range c.looks {
					now += imbalanceWindow / 2
					b.look(now, x)
				}
			}
			if b.floor != c.want {
				t.Errorf("floor %d, want %d", b.floor, c.want)
			}
		})
	}
}
