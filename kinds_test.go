package helix_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

func plainKind(name string) helix.Kind[int, int] {
	return helix.Kind[int, int]{Name: name, Run: func(_ context.Context, x int) (int, error) { return 2 * x, nil }}
}

func TestRegisterRefusesWhatCannotBeAKind(t *testing.T) {
	r := testRouter(t, nil)
	if _, err := helix.Register(r, helix.Kind[int, int]{Name: "x"}); err == nil {
		t.Error("a kind without Run was registered")
	}
	for _, name := range []string{"", strings.Repeat("x", 129), "a\nb", "a\x00", "\xff", "tab\t"} {
		if _, err := helix.Register(r, plainKind(name)); err == nil {
			t.Errorf("kind %q was registered", name)
		}
	}
	for _, name := range []string{"x", strings.Repeat("x", 128), "Größe 1", "a.b/c:d"} {
		if _, err := helix.Register(r, plainKind(name)); err != nil {
			t.Errorf("kind %q: %v", name, err)
		}
		if _, err := helix.Register(r, plainKind(name)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("kind %q was registered twice: %v", name, err)
		}
	}
	if want := []string{"Größe 1", "a.b/c:d", "kind", "x", strings.Repeat("x", 128)}; !slices.Equal(r.Kinds(), want) {
		t.Errorf("kinds %q, want %q", r.Kinds(), want)
	}
	if len(r.JobKinds()) != 0 {
		t.Errorf("job kinds %q, want none", r.JobKinds())
	}
}

// A name that hints have used can still be registered, and keeps its measurements.
func TestANameThatWasUsedCanBeRegistered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		if _, err := helix.Do(t.Context(), r, helix.Hint{Kind: "thumb", Cost: 1}, returns(1)); err != nil {
			t.Fatal(err)
		}
		h, err := helix.Register(r, plainKind("thumb"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := h.Do(t.Context(), 21, cheap); got != 42 || err != nil {
			t.Errorf("got %d, %v", got, err)
		}
		rows := r.Stats().Kinds
		if len(rows) != 1 || rows[0].Kind != "thumb" || rows[0].Outcomes[helix.Done] != 2 {
			t.Errorf("rows %+v, want one with both jobs", rows)
		}
	})
}

func TestTooManyNamesShareOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		for i := range 2000 {
			if _, err := helix.Do(t.Context(), r, helix.Hint{Kind: fmt.Sprint("k", i), Cost: 1}, returns(1)); err != nil {
				t.Fatal(err)
			}
		}
		rows := r.Stats().Kinds
		if len(rows) != 65 {
			t.Errorf("%d kinds are kept, want 64 and other", len(rows))
		}
		i := slices.IndexFunc(rows, func(k helix.KindStats) bool { return k.Kind == "other" })
		if i < 0 || rows[i].Outcomes[helix.Done] < 900 {
			t.Error("the jobs of further kinds are not counted as other")
		}
		for i := range 256 - 64 - 3 { // func and other are the router's own, kind is the rig's
			if _, err := helix.Register(r, plainKind(fmt.Sprint("registered", i))); err != nil {
				t.Fatalf("names in hints took the place of a kind: %v", err)
			}
		}
		if _, err := helix.Register(r, plainKind("one too many")); err == nil {
			t.Error("a kind was registered beyond the bound")
		}
		for _, name := range []string{"func", "other"} {
			if _, err := helix.Register(r, plainKind(name)); err == nil {
				t.Errorf("the router's own name %q was registered", name)
			}
		}
	})
}

func TestABadHintRunsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		nan := 0.0
		nan /= nan
		for field, hints := range map[string][]helix.Hint{
			"Scaling": {{Scaling: -0.1}, {Scaling: 1.1}, {Scaling: nan}},
			"Budget":  {{Budget: -1}},
			"Tenant":  {{Tenant: strings.Repeat("x", 129)}},
			"Class":   {{Class: helix.ClassCriticalPlus + 1}},
			"Kind":    {{Kind: "a\nb"}, {Kind: strings.Repeat("x", 129)}},
		} {
			for _, h := range hints {
				_, err := helix.Do(t.Context(), r, h, neverRuns(t))
				var e *helix.HintError
				if !errors.As(err, &e) || e.Field != field || !strings.Contains(err.Error(), field) {
					t.Errorf("%+v: got %v, want a *HintError about %s", h, err, field)
				}
			}
		}
		if _, err := handleOf(r).Do(t.Context(), neverRuns(t), helix.Budget(-time.Second)); err == nil {
			t.Error("a negative budget was taken")
		}
		wantLedger(t, r, helix.Ledger{})
	})
}

func TestTheZeroHintIsValid(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		if got, err := helix.Do(t.Context(), r, helix.Hint{}, returns(7)); got != 7 || err != nil {
			t.Errorf("got %d, %v", got, err)
		}
		if rows := r.Stats().Kinds; len(rows) != 1 || rows[0].Kind != "func" || rows[0].Strategy != helix.CPUPool {
			t.Errorf("rows %+v, want func in the pool, which bounds it", rows)
		}
	})
}

// Units declare the size; a call can override them; a size of 0 that Units
// declares is a size.
func TestUnitsDeclareTheSize(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		k := plainKind("sized")
		k.Units = func(x int) uint64 { return uint64(x) }
		h, err := helix.Register(r, k)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			in      int
			options []helix.CallOption
			want    helix.Strategy
		}{
			{0, nil, helix.Inline},
			{8_000, nil, helix.Inline},
			{8_001, nil, helix.Spawn},
			{60_000, nil, helix.CPUPool},
			{60_000, []helix.CallOption{helix.Cost(1)}, helix.Inline},
			{1, []helix.CallOption{helix.Cost(20_000), helix.Tenant("acme"), helix.ClassCritical}, helix.Spawn},
		} {
			before := strategyCount(r, c.want)
			if _, err := h.Do(t.Context(), c.in, c.options...); err != nil {
				t.Error(err)
			}
			if strategyCount(r, c.want) != before+1 {
				t.Errorf("%d units with %v did not go to %s", c.in, c.options, c.want)
			}
		}
	})
}

func TestCallRunsAKindByItsName(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		k := plainKind("double")
		k.Codec = helix.JSON[int, int]()
		if _, err := helix.Register(r, k); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Call(t.Context(), "double", []byte("21"), cheap); string(got) != "42" || err != nil {
			t.Errorf("got %s, %v", got, err)
		}
		if _, err := r.Call(t.Context(), "double", []byte(`"x"`)); err == nil || !strings.Contains(err.Error(), "double") {
			t.Errorf("a payload that is none: %v", err)
		}
		if _, err := r.Call(t.Context(), "double", []byte("1"), helix.Budget(-1)); err == nil {
			t.Error("a bad option was taken")
		}
		if _, err := r.Call(t.Context(), "kind", nil); err == nil || !strings.Contains(err.Error(), "Codec") {
			t.Errorf("a kind without a codec: %v", err)
		}
		var unknown *helix.UnknownKindError
		for _, name := range []string{"nobody", "func", "other", ""} {
			if _, err := r.Call(t.Context(), name, nil); !errors.As(err, &unknown) || unknown.Kind != name {
				t.Errorf("kind %q: %v, want an *UnknownKindError", name, err)
			}
		}
		wantLedger(t, r, helix.Ledger{Done: 1})
	})
}
