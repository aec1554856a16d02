package httpapi_test

import (
	"strings"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

// decided is a rig of the threshold policy that has decided n jobs of Echo, inline.
func decided(t *testing.T, n int) *rig {
	t.Helper()
	c := helix.DefaultConfig()
	c.Policy = helix.PolicyThreshold
	r := newRig(t, c, httpapi.Options{})
	for i := range n {
		if a := r.call(t, "POST", "/api/jobs", record("Echo", uint64(i), 5000)); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	return r
}

func TestDecisionsAreListedNewestLast(t *testing.T) {
	r := decided(t, 3)
	for query, want := range map[string]string{"": "1 2 3", "?n=2": "2 3", "?n=1024": "1 2 3", "?n=1": "3"} {
		var seqs []string
		for _, d := range decode[[]helix.Decision](t, r.call(t, "GET", "/api/decisions"+query, ""), 200) {
			seqs = append(seqs, string(rune('0'+d.Seq)))
		}
		if got := strings.Join(seqs, " "); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	fresh := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	if a := fresh.call(t, "GET", "/api/decisions", ""); a.status != 200 || a.body != "[]" {
		t.Errorf("of a fresh router: %+v", a)
	}
}

func TestQueriesOfDecisionsAreRead(t *testing.T) {
	r := decided(t, 1)
	for query, pointer := range map[string]string{
		"n=0": "/n", "n=-1": "/n", "n=1025": "/n", "n=ten": "/n", "n=": "/n", "n=1.0": "/n", "n=1&n=2": "/n", "n=99999999999999999999": "/n",
		"m=1": "/m", "a~/b=1": "/a~0~1b", "n=%zz": "", "n=1;x": "",
	} {
		p := problemOf(t, r.call(t, "GET", "/api/decisions?"+query, ""), 422, "/api/decisions")
		if p.pointers() != pointer {
			t.Errorf("%s: %q, want %q", query, p.pointers(), pointer)
		}
	}
}

func TestTheNewestAreExplained(t *testing.T) {
	r := decided(t, 3)
	for query, want := range map[string]string{"": "1 2 3", "?n=2": "2 3", "?n=64": "1 2 3"} {
		var seqs []string
		for _, e := range decode[[]helix.Explanation](t, r.call(t, "GET", "/api/explanations"+query, ""), 200) {
			seqs = append(seqs, string(rune('0'+e.Decision.Seq)))
			if !strings.HasPrefix(e.Sentence, "Echo #"+seqs[len(seqs)-1]+": inline, since ") {
				t.Errorf("%q: %s", query, e.Sentence)
			}
		}
		if got := strings.Join(seqs, " "); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	for _, query := range []string{"n=0", "n=65", "m=1"} {
		problemOf(t, r.call(t, "GET", "/api/explanations?"+query, ""), 422, "/api/explanations")
	}
	fresh := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	if a := fresh.call(t, "GET", "/api/explanations", ""); a.status != 200 || a.body != "[]" {
		t.Errorf("of a fresh router: %+v", a)
	}
}

func TestADecisionIsExplained(t *testing.T) {
	r := decided(t, 1)
	a := r.call(t, "GET", "/api/decisions/1", "")
	e := decode[helix.Explanation](t, a, 200)
	const want = "Echo #1: inline, since its declared cost of 5000 is at most inline_threshold 8000; it would be spawned at inline_threshold 4999."
	if e.Sentence != want || e.Decision.Seq != 1 || e.Rule != "table" || len(e.Arms) != 6 || !e.Arms[0].Chosen || e.Change == nil || e.Change.Value != 4999 {
		t.Errorf("%s", a.body)
	}
	const names = "{decision{job_id strategy compute_cost cpu_busy pressure seq time kind source reason propensity predicted_seconds} sentence rule class budget_seconds" +
		" arms[{strategy chosen allowed wait_seconds overhead_seconds run_seconds miss_probability loss learned}]" +
		" predicted{service_seconds p99_seconds spread_log2 samples} load{busy queued spawned lanes} supply{cores demand_cores before_cores backlog_seconds scarcity}" +
		" table{compute_cost declared scaling_potential inline_threshold spawn_threshold backpressure_busy_threshold injected_pressure slots_spoken_for}" +
		" change{knob value to}}"
	if got := shape(t, a.body); got != names {
		t.Errorf("got  %s\nwant %s", got, names)
	}
}

func TestADecisionThatIsNotKept(t *testing.T) {
	r := decided(t, 2)
	for _, seq := range []string{"0", "3", "18446744073709551615"} {
		p := problemOf(t, r.call(t, "GET", "/api/decisions/"+seq, ""), 404, "/api/decisions/"+seq)
		if !strings.Contains(p.Detail, "1 to 2") {
			t.Errorf("%s: %q does not say what is kept", seq, p.Detail)
		}
	}
	for _, seq := range []string{"x", "-1", "1.0", "18446744073709551616", "%31", "{seq}"} {
		a := r.call(t, "GET", "/api/decisions/"+seq, "")
		if a.status != 422 || !strings.Contains(a.body, `"pointer":"/seq"`) {
			t.Errorf("%s: %d %s", seq, a.status, a.body)
		}
	}
}
