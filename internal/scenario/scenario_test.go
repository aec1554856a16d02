package scenario_test

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/scenario"
)

func made(t testing.TB, name string, o scenario.Options) *scenario.Scenario {
	t.Helper()
	s, err := scenario.New(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func options(load float64) scenario.Options {
	return scenario.Options{Load: load, Cores: 2, Duration: 20 * time.Second, Seed: 7}
}

// fingerprint is a hash of every field of every job.
func fingerprint(s *scenario.Scenario) string {
	h := fnv.New64a()
	for j := range s.Jobs() {
		fmt.Fprintf(h, "%+v %x\n", j, math.Float64bits(j.Scaling))
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// The jobs of a seed are a promise: published numbers refer to them. A change of
// these hashes makes every earlier result incomparable.
func TestJobsAreTheSameEverywhere(t *testing.T) {
	want := map[string]string{
		"steady":          "f0901fc8c172ec88",
		"step":            "58ed3a691ab1fa4e",
		"burst":           "248b130383a362a0",
		"ramp":            "4f73061543cad270",
		"mixed":           "ac97b1c7ac1c0bd0",
		"heavy-tail":      "7c485d1677de4470",
		"drift":           "7291406b35169fbb",
		"wrong-hints":     "9f521b2c5d7ce640",
		"noisy-neighbour": "ef9fe06eef2ef93c",
		"retry-storm":     "f16943c9eee83790",
		"stolen-cores":    "f0901fc8c172ec88",
		"retry-step":      "b9f20d261fae12b8",
		"tenants":         "7c47f3a0e5f020be",
	}
	for _, name := range scenario.Names() {
		s := made(t, name, options(0.9))
		if got := fingerprint(s); got != want[name] || got != fingerprint(s) {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestTheLoadIsTheOfferedCoreTimeOverTheCores(t *testing.T) {
	for _, name := range scenario.Names() {
		for _, load := range []float64{0.5, 2} {
			o := options(load)
			o.Duration = 400 * time.Second
			var work, last time.Duration
			var n uint64
			for j := range made(t, name, o).Jobs() {
				if j.At < last || j.At >= o.Duration || j.ID != n || j.First != j.At || j.Attempt != 0 || j.Service <= 0 || j.Units == 0 {
					t.Fatalf("%s: %+v after %v", name, j, last)
				}
				work, last, n = work+j.Service, j.At, n+1
			}
			got := work.Seconds() / (float64(o.Cores) * o.Duration.Seconds())
			if math.Abs(got/load-1) > 0.05 { // mixed: 400 s at 0.5x hold 1,800 long jobs, 2.4 % of noise
				t.Errorf("%s at %v: offered %.3f", name, load, got)
			}
		}
	}
}

func TestOtherLoadsHaveTheSameJobsAtOtherTimes(t *testing.T) {
	light := slices.Collect(made(t, "heavy-tail", options(0.5)).Jobs())
	heavy := slices.Collect(made(t, "heavy-tail", options(5)).Jobs())
	for i, j := range light {
		if j.Service != heavy[i].Service || j.Units != heavy[i].Units {
			t.Fatalf("job %d differs: %+v, %+v", i, j, heavy[i])
		}
	}
}

// share is which part of the offered work arrives in [from, to) of the run.
func share(t *testing.T, name string, from, to float64) float64 {
	o := options(2)
	o.Duration = 400 * time.Second
	var all, inside float64
	for j := range made(t, name, o).Jobs() {
		all += float64(j.Service)
		if x := float64(j.At) / float64(o.Duration); x >= from && x < to {
			inside += float64(j.Service)
		}
	}
	return inside / all
}

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		name           string
		from, to, want float64
	}{
		{"step", 0, 5. / 13, 0.7 * 5 / 13}, {"step", 5. / 13, 8. / 13, 2. * 3 / 13}, {"step", 8. / 13, 1, 0.7 * 5 / 13},
		{"ramp", 0, 0.5, 0.25}, {"ramp", 0.9, 1, 0.19},
		{"drift", 0, 0.5, 1. / 3},
		{"burst", 0, 0.25 / 400, 1. / 400}, {"burst", 0.25 / 400, 1. / 400, 0},
	} {
		if got := share(t, c.name, c.from, c.to); math.Abs(got-c.want) > 0.02 {
			t.Errorf("%s has %.3f of its work in %v..%v, want %.3f", c.name, got, c.from, c.to, c.want)
		}
	}
}

func TestRetriesComeThriceWithinTheFirstBudget(t *testing.T) {
	s := made(t, "retry-storm", options(2))
	for j := range s.Jobs() {
		first, due := j, j.At+j.Budget
		for attempt := 1; ; attempt++ {
			next, ok := s.Retry(j, j.At)
			if !ok {
				if attempt != 4 {
					t.Fatalf("job %d has %d attempts", j.ID, attempt)
				}
				break
			}
			if again, _ := s.Retry(j, j.At); again != next {
				t.Fatalf("the retry of %+v is %+v and %+v", j, next, again)
			}
			wait := next.At - j.At
			if next.Attempt != attempt || next.First != first.At || next.At+next.Budget != due || wait < 20*time.Millisecond || wait > 100*time.Millisecond {
				t.Fatalf("%+v retries as %+v", j, next)
			}
			j = next
		}
		if _, ok := s.Retry(first, due-20*time.Millisecond); ok {
			t.Fatalf("job %d retries when its budget is over", j.ID)
		}
	}
	for j := range made(t, "steady", options(2)).Jobs() {
		if _, ok := made(t, "steady", options(2)).Retry(j, j.At); ok {
			t.Fatal("steady retries")
		}
		break
	}
}

func TestHalfTheCoresGoAwayForTheMiddleThird(t *testing.T) {
	s := made(t, "stolen-cores", options(1))
	at, ok := s.NextCores(0)
	if !ok || s.Cores(at-1) != 2 || s.Cores(at) != 1 {
		t.Errorf("first change at %v, %v", at, ok)
	}
	back, ok := s.NextCores(at)
	if !ok || s.Cores(back-1) != 1 || s.Cores(back) != 2 {
		t.Errorf("second change at %v, %v", back, ok)
	}
	if _, ok := s.NextCores(back); ok {
		t.Error("a third change")
	}
	if _, ok := made(t, "steady", options(1)).NextCores(0); ok {
		t.Error("steady loses cores")
	}
}

func TestTheNoisyNeighbourSendsTenTimesAsMuch(t *testing.T) {
	count := map[string]int{}
	for j := range made(t, "noisy-neighbour", options(10)).Jobs() {
		count[j.Tenant]++
	}
	if r := float64(count["noisy"]) / float64(count["quiet-3"]); r < 9 || r > 11 || len(count) != 8 {
		t.Errorf("%v", count)
	}
}

func TestFaultsAreNamed(t *testing.T) {
	for want, o := range map[string]scenario.Options{
		"load":     {Load: math.NaN(), Cores: 2, Duration: 1},
		"cores":    {Load: 1, Duration: 1},
		"duration": {Load: 1, Cores: 2},
	} {
		if _, err := scenario.New("steady", o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := scenario.New("calm", options(1)); err == nil || !strings.Contains(err.Error(), "retry-storm") {
		t.Errorf("%v", err)
	}
}

func BenchmarkJobs(b *testing.B) {
	for _, name := range []string{"steady", "mixed", "heavy-tail"} {
		b.Run(name, func(b *testing.B) {
			o := options(1)
			o.Duration = 1e9 * time.Second
			n := 0
			for range made(b, name, o).Jobs() {
				if n++; n >= b.N {
					break
				}
			}
		})
	}
}
