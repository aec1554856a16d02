package learn_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/route"
)

// FuzzRestore feeds any weights file to a learner. What it takes it can write and
// take again, and it never corrects by more than its bound.
func FuzzRestore(f *testing.F) {
	w := newWorld(1, 0.1)
	w.run(0, 500)
	for _, l := range []*learn.Learner{learn.New(learn.Guarded), w.learner} {
		text, err := json.Marshal(l.Snapshot())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"version":1,"weights":null,"kinds":{"4294967295":{}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s learn.Snapshot
		if json.Unmarshal(text, &s) != nil {
			return
		}
		l := learn.New(learn.Guarded)
		before := l.Snapshot()
		if err := l.Restore(s); err != nil {
			if !reflect.DeepEqual(l.Snapshot(), before) {
				t.Fatalf("refused (%v), but changed the learner", err)
			}
			return
		}
		written := l.Snapshot()
		if err := learn.New(learn.Guarded).Restore(written); err != nil {
			t.Fatalf("took a snapshot and wrote one that it does not take: %v", err)
		}
		published := l.Publish()
		x := learn.Features{1, 1, 1, 1, 1, 1, 1}
		for _, a := range arms {
			if r := published.Residual(a, 0, &x); !(r >= -0.5 && r <= 0.5) {
				t.Fatalf("%s is corrected by %g", a, r)
			}
		}
		if r := published.Residual(route.Drop, 0, &x); r != 0 {
			t.Fatalf("drop is corrected by %g", r)
		}
		sample := w.draw()
		l.Observe(&sample)
	})
}
