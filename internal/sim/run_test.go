package sim_test

import (
	"fmt"
	"hash/fnv"
	"iter"
	"math"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/internal/sim"
	"github.com/helixrouter/helix/route"
	"github.com/helixrouter/helix/workload"
)

const (
	ms   = time.Millisecond
	lead = ms // see stream
)

// always is a policy with one answer.
type always route.Strategy

func (a always) Decide(route.Request, route.Subject, route.Load, *route.Signals) route.Decision {
	return route.Decision{Strategy: route.Strategy(a), Propensity: 1}
}

// job is a line of a hand-made stream: when, how long, inside what (0 = no budget).
type job struct{ at, service, budget time.Duration }

// A trace whose jobs are all at 0 has no times, so all come 1 ms later.
func stream(t testing.TB, cores int, jobs ...job) *scenario.Scenario {
	t.Helper()
	var records iter.Seq2[workload.Record, error] = func(yield func(workload.Record, error) bool) {
		for i, j := range jobs {
			r := workload.Record{AtSeconds: (j.at + lead).Seconds(), ServiceSeconds: j.service.Seconds()}
			r.Job = helix.Job{ID: uint64(i), Kind: "k", ComputeCost: 100_000, LatencyBudgetMS: uint64(j.budget / ms)}
			if !yield(r, nil) {
				return
			}
		}
	}
	s, err := scenario.FromTrace(records, scenario.Options{Cores: cores})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// free are options without overhead, so that times come out even.
func free(s route.Strategy) sim.Options {
	o := sim.DefaultOptions(2)
	o.Config.Policy = helix.PolicyThreshold
	o.Overhead, o.Policy = sim.Overhead{}, always(s)
	return o
}

func ran(t testing.TB, s *scenario.Scenario, o sim.Options) sim.Result {
	t.Helper()
	r, err := sim.Run(s, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Offered != r.Good+r.Late+r.Shed+r.Expired {
		t.Fatalf("jobs are lost: %+v", r)
	}
	return r
}

func within(t *testing.T, what string, got, want, by time.Duration) {
	t.Helper()
	if (got - want).Abs() > by {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestCoresAreSharedByWhatRuns(t *testing.T) {
	// Three at once on two cores: 2/3 of a core each. The 10 ms job ends at 15 ms, when the
	// others have 10 ms left and a core each.
	r := ran(t, stream(t, 2, job{0, 10 * ms, 15 * ms}, job{0, 20 * ms, 25 * ms}, job{0, 20 * ms, 24 * ms}), free(route.Inline))
	within(t, "end", r.End-lead, 25*ms, 1)
	if r.Good != 2 || r.Late != 1 {
		t.Errorf("%+v", r)
	}
	within(t, "wasted", r.Wasted, 20*ms, 1)
	within(t, "core time", r.CoreTime, 2*(25*ms+lead), 2)
}

func TestSlotsTakeWhatWaitsInOrder(t *testing.T) {
	o := free(route.CPUPool)
	o.Config.CPUParallelism, o.Config.CPUQueueCap = 1, 2
	jobs := []job{{0, 10 * ms, 0}, {1 * ms, 10 * ms, 19 * ms}, {2 * ms, 10 * ms, 27 * ms}, {3 * ms, 1 * ms, 0}, {12 * ms, 1 * ms, 5 * ms}}
	r := ran(t, stream(t, 2, jobs...), o)
	// The fourth finds two waiting. The second ends at 20 ms, in time; the third at 30 ms,
	// 1 ms late; the fifth expires at 17 ms.
	if r.Good != 2 || r.Late != 1 || r.Shed != 1 || r.Expired != 1 || r.Counters.Sheds[route.ReasonQueueFull] != 1 {
		t.Errorf("%+v", r)
	}
	within(t, "end", r.End-lead, 30*ms, 1)
}

func TestAnExpiredJobGivesItsPlaceBackAtItsDueTime(t *testing.T) {
	o := free(route.CPUPool)
	o.Config.CPUParallelism, o.Config.CPUQueueCap = 1, 1
	r := ran(t, stream(t, 1, job{0, 50 * ms, 0}, job{0, ms, 5 * ms}, job{5*ms - 1, ms, 0}, job{5 * ms, ms, 0}), o)
	if r.Expired != 1 || r.Shed != 1 || r.Good != 2 {
		t.Errorf("%+v", r)
	}
}

func TestTheSpawnLimitLeadsToThePool(t *testing.T) {
	o := free(route.Spawn)
	o.Config.SpawnLimit = 2
	r := ran(t, stream(t, 2, job{0, ms, 0}, job{0, ms, 0}, job{0, ms, 0}, job{10 * ms, ms, 0}), o)
	if r.Routed != [route.NumLocal]int{route.Spawn: 3, route.CPUPool: 1} {
		t.Errorf("%v", r.Routed)
	}
}

func TestABatchCostsItsCurve(t *testing.T) {
	o := free(route.Batch)
	o.Config.CPUParallelism, o.Config.BatchMaxSize, o.Config.CPUQueueCap = 1, 4, 100
	o.Curves = map[string]sim.Curve{"k": {Fixed: 2 * ms, Share: 0.5}}
	jobs := []job{{0, 4 * ms, 0}}
	for range 5 {
		jobs = append(jobs, job{ms, 4 * ms, 0})
	}
	r := ran(t, stream(t, 2, jobs...), o)
	// One alone until 2+2 = 4 ms, then four until 4+2+8 = 14 ms, then one until 18 ms.
	within(t, "end", r.End-lead, 18*ms, 1)
	within(t, "p50", r.P50, 13*ms, ms)
	o.Curves = nil
	if r := ran(t, stream(t, 2, jobs...), o); r.Routed[route.CPUPool] != len(jobs) {
		t.Errorf("a kind without a curve is batched: %v", r.Routed)
	}
}

func TestOverheadTakesCoreTime(t *testing.T) {
	o := free(route.Inline)
	o.Overhead[route.Inline] = ms
	r := ran(t, stream(t, 1, job{0, 10 * ms, 0}, job{0, 10 * ms, 0}), o)
	within(t, "end", r.End-lead, 22*ms, 1)
	// Where a core idles it pays, and nobody waits for it.
	r = ran(t, stream(t, 2, job{0, 10 * ms, 0}), o)
	within(t, "end", r.End-lead, 10*ms, 1)
}

func TestTheGateClosesAsTheTableSays(t *testing.T) {
	o := sim.DefaultOptions(2)
	o.Config.Policy = helix.PolicyThreshold
	var jobs []job
	for range 20 {
		jobs = append(jobs, job{0, 10 * ms, 0})
	}
	r := ran(t, stream(t, 2, jobs...), o)
	if r.Counters.Sheds[route.ReasonBusyGate] != 13 || r.Good != 7 {
		t.Errorf("%+v", r)
	}
}

// meanSojourn runs steady Poisson arrivals of one size class on one core.
func meanSojourn(t *testing.T, load float64, s route.Strategy) (mean, service float64) {
	t.Helper()
	sc, err := scenario.New("steady", scenario.Options{Load: load, Cores: 1, Duration: 4000 * time.Second, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	o := free(s)
	o.Config.CPUParallelism, o.Config.CPUQueueCap = 1, 1<<20
	total, n := 0.0, 0
	for j := range sc.Jobs() {
		total, n = total+float64(j.Service), n+1
	}
	r := ran(t, sc, o)
	return float64(r.Counters.Sojourn) / float64(r.Counters.Ran), total / float64(n)
}

// TestSharingAgreesWithTheory: under processor sharing the mean sojourn of Poisson
// arrivals is service/(1-load), whatever the sizes' law (Kleinrock 1967).
func TestSharingAgreesWithTheory(t *testing.T) {
	for _, load := range []float64{0.3, 0.7} {
		mean, service := meanSojourn(t, load, route.Inline)
		if want := service / (1 - load); math.Abs(mean/want-1) > 0.05 {
			t.Errorf("at %v the mean sojourn is %.3g ms, theory says %.3g", load, mean/1e6, want/1e6)
		}
	}
}

// TestSharingAgreesWithADumbTwin holds the heap of attained service against a loop that
// gives every job its share, event by event.
func TestSharingAgreesWithADumbTwin(t *testing.T) {
	sc, err := scenario.New("mixed", scenario.Options{Load: 0.95, Cores: 3, Duration: 20 * time.Second, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	type thread struct{ left, due float64 }
	var running []thread
	now, good := 0.0, 0
	until := func(to float64) {
		for len(running) > 0 && now < to {
			rate, least := min(1, 3/float64(len(running))), math.Inf(1)
			for _, th := range running {
				least = min(least, th.left)
			}
			dt := min(least/rate, to-now)
			now += dt
			var next []thread
			for _, th := range running {
				if th.left -= dt * rate; th.left > 1e-3 {
					next = append(next, th)
				} else if now <= th.due {
					good++
				}
			}
			running = next
		}
		now = to
	}
	for j := range sc.Jobs() {
		until(float64(j.At))
		running = append(running, thread{float64(j.Service), float64(j.At + j.Budget)})
	}
	until(1e15)
	if r := ran(t, sc, free(route.Inline)); r.Good != good || r.Late == 0 {
		t.Errorf("%d in time, the twin says %d: %+v", r.Good, good, r)
	}
}

func TestCoresThatGoAwayAreMissed(t *testing.T) {
	sc, err := scenario.New("stolen-cores", scenario.Options{Load: 0.5, Cores: 2, Duration: 30 * time.Second, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := ran(t, sc, free(route.Inline))
	within(t, "core time", r.CoreTime, 50*time.Second, time.Second)
}

// fingerprint is everything that a run can be judged by.
func fingerprint(t testing.TB, name, policy string, load float64) string {
	sc, err := scenario.New(name, scenario.Options{Load: load, Cores: 2, Duration: 5 * time.Second, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	o := sim.DefaultOptions(2)
	o.Config.Policy = policy
	o.Curves = map[string]sim.Curve{"medium": {Share: 0.9}}
	r := ran(t, sc, o)
	h := fnv.New64a()
	fmt.Fprintf(h, "%+v", r)
	return fmt.Sprintf("%016x", h.Sum64())
}

// The result of a seed is the same on every platform, not only the same twice. A change
// of the model changes these, and makes earlier results incomparable. In all but mixed and heavy-tail, whose kinds
// cannot, jobs of medium size can be batched.
func TestARunIsTheSameEverywhere(t *testing.T) {
	want := map[string][2]string{ // threshold, adaptive
		"steady":          {"df02e01ef4f484b8", "d92bbe65d3d38225"},
		"step":            {"f8ed687c7356dbe2", "1a587d9ee47bb0e9"},
		"burst":           {"1cb611460f6a7d6b", "3717424f100178f6"},
		"ramp":            {"05aa6dda9a1fcece", "b0d42223f5df0228"},
		"mixed":           {"96c85d7f7c267ecd", "a675eb7d9be47455"},
		"heavy-tail":      {"3da50cd61e3171a4", "e88f5c2390d3d025"},
		"drift":           {"18695736d3110098", "78d6a5046e1febef"},
		"wrong-hints":     {"7990583ac04ff39d", "3e5b1d82ceeef649"},
		"noisy-neighbour": {"f3ada7f8dbf14fa2", "50b0a8ecf5eb55a5"},
		"retry-storm":     {"cc63eefc087effed", "1857188104de203a"},
		"batch":           {"40a0a6e49a90a63d", "b8b00995544508c1"},
		"retry-step":      {"6cf1a353936d34ad", "aa21a89bd18658c7"},
		"tenants":         {"ed231b076ba4750a", "05df9aea53d2af9b"},
		"stolen-cores":    {"5da2671291e160a2", "c50e5b368d3decb2"},
	}
	for _, name := range scenario.Names() {
		var got [2]string
		for i, policy := range []string{helix.PolicyThreshold, helix.PolicyAdaptive} {
			got[i] = fingerprint(t, name, policy, 1.5)
			if again := fingerprint(t, name, policy, 1.5); got[i] != again {
				t.Errorf("%s of %s is not the same twice", policy, name)
			}
		}
		if got != want[name] {
			t.Errorf("%q: {%q, %q},", name, got[0], got[1])
		}
	}
}

func TestEveryDecisionIsTold(t *testing.T) {
	s := stream(t, 1, job{}, job{}, job{})
	o := sim.DefaultOptions(1)
	o.Config.Policy = helix.PolicyThreshold
	quiet := ran(t, s, o)
	var routed [route.NumLocal]int
	o.Decided = func(j *scenario.Job, d route.Decision, account func() policy.Account) {
		routed[d.Strategy]++
		if a := account(); a.Strategy != d.Strategy || a.Reason != d.Reason || a.Cost != j.Units {
			t.Errorf("job %d: %+v of %+v", j.ID, a, d)
		}
	}
	if told := ran(t, s, o); told != quiet || routed != told.Routed {
		t.Errorf("told of %v; %+v, want %+v", routed, told, quiet)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	s := stream(t, 1, job{0, ms, 0})
	for name, spoil := range map[string]func(*sim.Options){
		"config":   func(o *sim.Options) { o.Config.CPUParallelism = 0 },
		"overhead": func(o *sim.Options) { o.Overhead[route.Drop] = -1 },
		"curve":    func(o *sim.Options) { o.Curves = map[string]sim.Curve{"k": {}} },
	} {
		o := sim.DefaultOptions(1)
		spoil(&o)
		if _, err := sim.Run(s, o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if o := sim.DefaultOptions(1000); o.Config.Validate() != nil || o.Config.CPUParallelism != 1000 {
		t.Errorf("the defaults for 1000 cores are %+v", o.Config)
	}
}
