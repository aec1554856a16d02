package httpapi_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

func TestHistory(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	for i := range 5 {
		r.call(t, "POST", "/api/jobs", record("Echo", uint64(i), 1))
	}
	type table struct {
		Time    []float64
		Offered []float64
		Kinds   map[string]struct{ Rate, P99 []*float64 }
		Heat    struct{ Counts [][]uint64 }
	}
	var got table
	eventually(t, "a second passes", func() bool {
		got = decode[table](t, r.call(t, "GET", "/api/history", ""), 200)
		return len(got.Time) > 0
	})
	if echo := got.Kinds["Echo"]; got.Offered[0] < 3 || len(echo.Rate) != 1 || echo.P99[0] == nil || len(got.Heat.Counts) != 1 {
		t.Errorf("%+v", got)
	}
	newer := decode[table](t, r.call(t, "GET", "/api/history?after="+fmt.Sprintf("%.3f", got.Time[0]), ""), 200)
	if len(newer.Time) > 0 && newer.Time[0] <= got.Time[0] {
		t.Errorf("%v is not after %v", newer.Time, got.Time)
	}
	const names = "{interval_seconds time[] offered[] admitted[] goodput[] shed[] expired[] failed[] pressure[] ruling[] width[] busy[] queued[] queue_wait_p99[] batches[] learner_regret[] strategies{} kinds{} heat{bounds[] counts[]}}"
	var raw map[string]json.RawMessage
	if a := r.call(t, "GET", "/api/history?after=9999999999", ""); json.Unmarshal([]byte(a.body), &raw) != nil || shape(t, a.body) != names {
		t.Errorf("got  %s\nwant %s", shape(t, a.body), names)
	}
	for query, pointer := range map[string]string{"after=x": "/after", "after=NaN": "/after", "after=-1": "/after", "after=1e300": "/after", "after=1&after=2": "/after", "before=1": "/before", "after=%zz": ""} {
		if p := problemOf(t, r.call(t, "GET", "/api/history?"+query, ""), 422, "/api/history"); p.pointers() != pointer {
			t.Errorf("%s: %q", query, p.pointers())
		}
	}
}
