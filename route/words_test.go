package route_test

import (
	"encoding"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/helixrouter/helix/route"
)

// word is what every enumeration of the package is on the wire.
type word interface {
	fmt.Stringer
	encoding.TextMarshaler
}

func roundTrip[W word, P interface {
	*W
	encoding.TextUnmarshaler
}](t *testing.T, words []W, names string) {
	t.Helper()
	var got []string
	for _, w := range words {
		text, err := w.MarshalText()
		if err != nil || string(text) != w.String() {
			t.Errorf("%v: %q, %v", w, text, err)
		}
		var back W
		if err := P(&back).UnmarshalText(text); err != nil || fmt.Sprint(back) != w.String() {
			t.Errorf("%q reads back as %v, %v", text, back, err)
		}
		got = append(got, string(text))
	}
	if joined := strings.Join(got, " "); joined != names {
		t.Errorf("names %q, want %q", joined, names)
	}
	var w W
	for _, bad := range []string{"", "INLINE", "nothing", "inline "} {
		if err := P(&w).UnmarshalText([]byte(bad)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", bad)) {
			t.Errorf("%q: error %v does not say what was wrong", bad, err)
		}
	}
}

func TestWordsOnTheWire(t *testing.T) {
	all := route.Strategies()
	roundTrip(t, all[:], "inline spawn cpu_pool batch drop remote")
	ends := route.Dispositions()
	roundTrip(t, ends[:], "done failed panicked canceled expired shed")
	roundTrip(t, []route.Class{route.ClassDefault, route.ClassSheddable, route.ClassCritical, route.ClassCriticalPlus},
		"default sheddable critical critical_plus")
	roundTrip(t, []route.Source{route.SourceTable, route.SourceRouter, route.SourceModel}, "table router model")
	var reasons []route.Reason
	for r := range route.NumReasons {
		reasons = append(reasons, route.Reason(r))
	}
	roundTrip(t, reasons, "cheap moderate amortises heavy gate_batch nested spawn_full not_allowed short learned explored unknown fits probe floor peer busy_gate queue_full infeasible scarce over_share displaced policy closed")
}

func TestEveryReasonExplainsItself(t *testing.T) {
	seen := map[string]bool{}
	for r := range route.NumReasons {
		why := route.Reason(r).Explanation()
		if why == "" || seen[why] {
			t.Errorf("%v: %q", route.Reason(r), why)
		}
		seen[why] = true
	}
	if got := route.Reason(route.NumReasons).String(); got != fmt.Sprintf("reason(%d)", route.NumReasons) {
		t.Error(got)
	}
}

func TestASetHoldsWhatItWasGiven(t *testing.T) {
	for bits := range 1 << route.NumStrategies {
		var s route.Set
		for i, x := range route.Strategies() {
			if bits>>i&1 == 1 {
				s = s.With(x)
			}
		}
		for i, x := range route.Strategies() {
			if s.Has(x) != (bits>>i&1 == 1) || s.Without(x).Has(x) || s.Without(x).With(x) != s.With(x) {
				t.Fatalf("set %b and %v", bits, x)
			}
		}
	}
}

func TestErrorsMatchTheirSentinels(t *testing.T) {
	shed := &route.ShedError{Reason: route.ReasonQueueFull, RetryAfter: 1500e6, Pressure: 0.5}
	if !errors.Is(shed, route.ErrShed) || errors.Is(shed, route.ErrClosed) {
		t.Error("a ShedError matches ErrShed and nothing else")
	}
	for _, part := range []string{"queue_full", "0.50", "1.5s", route.ReasonQueueFull.Explanation()} {
		if !strings.Contains(shed.Error(), part) {
			t.Errorf("%q does not say %q", shed, part)
		}
	}
	cause := errors.New("cause")
	if !errors.Is(&route.PanicError{Value: cause}, cause) || errors.Unwrap(&route.PanicError{Value: 7}) != nil {
		t.Error("a PanicError unwraps to its value if that is an error")
	}
}
