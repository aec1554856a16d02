package explain_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/explain"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
	"github.com/helixrouter/helix/route"
)

// oneSentence is a name, a place, a reason, and one full stop at the end.
var oneSentence = regexp.MustCompile(`^\S+ #\d+: (inline|spawn|cpu_pool|batch|shed), since \S.*[^.]\.$`)

func check(t interface{ Fatalf(string, ...any) }, text string) {
	if !oneSentence.MatchString(text) || strings.Contains(text, "\n") || strings.Contains(strings.TrimSuffix(text, "."), ". ") {
		t.Fatalf("not a sentence: %q", text)
	}
	for _, bad := range []string{"NaN", "Inf", "%!", "  ", "since :", "e+", "unknown", "reason("} {
		if strings.Contains(text, bad) {
			t.Fatalf("%q in %q", bad, text)
		}
	}
}

// TestEveryReachableDecisionExplainsItself runs the simulator over all kinds of load and
// reads every sentence.
func TestEveryReachableDecisionExplainsItself(t *testing.T) {
	seen := map[route.Reason]int{}
	rapid.Check(t, func(t *rapid.T) {
		o := sim.DefaultOptions(rapid.IntRange(1, 4).Draw(t, "cores"))
		o.Config.Policy = rapid.SampledFrom([]string{helix.PolicyAdaptive, helix.PolicyThreshold}).Draw(t, "policy")
		o.Config.SpawnLimit = rapid.SampledFrom([]int{1, 1024}).Draw(t, "spawn limit")
		o.Config.CPUQueueCap = rapid.SampledFrom([]int{8, 512}).Draw(t, "queue")
		if rapid.Bool().Draw(t, "open gate") {
			o.Config.BackpressureBusyThreshold = 100
		}
		s, err := scenario.New(rapid.SampledFrom(scenario.Names()).Draw(t, "scenario"), scenario.Options{
			Load: rapid.Float64Range(0.2, 10).Draw(t, "load"), Cores: 2, Duration: 300 * time.Millisecond, Seed: rapid.Uint64().Draw(t, "seed"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "batches") {
			o.Curves = map[string]sim.Curve{}
			for j := range s.Jobs() {
				o.Curves[j.Kind] = sim.Curve{Fixed: time.Microsecond, Share: 0.9}
			}
		}
		n := 0
		o.Decided = func(j *scenario.Job, d route.Decision, account func() policy.Account) {
			if n++; n > 2000 {
				return
			}
			a := account()
			seen[d.Reason]++
			check(t, explain.Sentence("job #1", &a))
		}
		if _, err := sim.Run(s, o); err != nil {
			t.Fatal(err)
		}
	})
	t.Log(seen)
}
