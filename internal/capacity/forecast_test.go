package capacity_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/capacity"
)

// arrivals feeds a forecast one rate after the other, each job worth so much core
// time, and returns when the last interval ended.
type arrivals struct {
	capacity.Forecast
	now  time.Duration
	seen capacity.Demand
}

func (a *arrivals) at(rates []float64, spacing, work time.Duration) *arrivals {
	if a.now == 0 {
		a.now = time.Hour
		a.Observe(a.now, a.seen)
	}
	for _, rate := range rates {
		a.now += spacing
		jobs := uint64(rate * spacing.Seconds())
		a.seen.Jobs += jobs
		a.seen.Work += time.Duration(jobs) * work
		a.Observe(a.now, a.seen)
	}
	return a
}

func flat(rate float64, n int) []float64 {
	rates := make([]float64, n)
	for i := range rates {
		rates[i] = rate
	}
	return rates
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-3) {
		t.Errorf("%s is %.4f, want %.4f", what, got, want)
	}
}

func TestTheDocumentedForecasts(t *testing.T) {
	var steady, rising arrivals
	steady.at(flat(10, 10), time.Second, 0)
	near(t, "rate", steady.Rate(), 10)
	near(t, "horizon", steady.Horizon().Seconds(), 30)
	rising.at([]float64{5, 15, 25, 35, 45}, 10*time.Second, 0)
	near(t, "rate", rising.Rate(), 68.755)
	near(t, "horizon", rising.Horizon().Seconds(), 18.755)
}

func TestAForecastNeedsObservations(t *testing.T) {
	var a arrivals
	for n := range 5 {
		if _, ok := a.Recommend(a.now, capacity.Sizing{Parallelism: 8, Ceiling: 8}); ok {
			t.Errorf("a recommendation of %d observations", n)
		}
		if n < 2 && a.Rate() != 0 {
			t.Errorf("a rate of %d observations", n)
		}
		a.at(flat(10, 1), time.Second, ms)
	}
	if _, ok := a.Recommend(a.now, capacity.Sizing{Parallelism: 8, Ceiling: 8}); !ok {
		t.Error("no recommendation of 5 observations")
	}
}

func TestAForecastForgetsWhatLeftTheRing(t *testing.T) {
	var a arrivals
	a.at(flat(1000, 60), time.Second, 0).at(flat(10, 60), time.Second, 0)
	near(t, "rate", a.Rate(), 10)
}

func TestARestartIsLeftOutOfAForecast(t *testing.T) {
	var a arrivals
	a.at(flat(10, 5), time.Second, ms)
	a.seen = capacity.Demand{}
	a.now += time.Second
	a.Observe(a.now, a.seen)
	a.at(flat(10, 5), time.Second, ms)
	near(t, "rate", a.Rate(), 10)
	near(t, "cores", a.Cores(), 0.01)
}

// Work that is about to become less is still there.
func TestAFallingLoadKeepsItsCores(t *testing.T) {
	var a arrivals
	a.at([]float64{500, 400, 300, 200, 100}, time.Second, 10*ms)
	near(t, "rate", a.Rate(), 0)
	if a.Cores() < 1 {
		t.Errorf("%.2f cores while 1 is in use", a.Cores())
	}
}

func TestTheMarksHaveADeadBand(t *testing.T) {
	for _, c := range []struct {
		cores     float64 // asked for
		now       int
		direction string
		want      int
	}{
		{0.4, 2, capacity.Hold, 2}, // what the reserve makes of 0.4
		{1.5, 8, capacity.Down, 4},
		{2.1, 8, capacity.Hold, 8},
		{5.9, 8, capacity.Hold, 8},
		{6.1, 8, capacity.Up, 10},
		{60, 8, capacity.Up, 32},
		{0, 8, capacity.Down, 1},
		{0, 1, capacity.Hold, 1},
	} {
		var a arrivals
		a.at(flat(100*c.cores, 10), time.Second, 10*ms)
		r, _ := a.Recommend(a.now, capacity.Sizing{Parallelism: c.now, Ceiling: 32, QueueCap: 512})
		if r.Direction != c.direction || r.Parallelism != c.want {
			t.Errorf("%g of %d: %s to %d, want %s to %d: %s", c.cores, c.now, r.Direction, r.Parallelism, c.direction, c.want, r.Reason)
		}
	}
}

func TestMoreSlotsThanTheCoresKeepBusyAreNoUse(t *testing.T) {
	var a arrivals
	a.at(flat(1000, 10), time.Second, 10*ms) // 10 cores
	in := capacity.Sizing{Parallelism: 4, Ceiling: 64, Cores: 4}
	if r, _ := a.Recommend(a.now, in); r.Direction != capacity.Hold || !strings.Contains(r.Reason, "would not help") {
		t.Errorf("computing work on its 4 cores: %+v", r)
	}
	in.Blocked = 0.75
	if r, _ := a.Recommend(a.now, in); r.Direction != capacity.Up || r.Parallelism != 16 {
		t.Errorf("work that blocks three quarters of its run: %+v", r)
	}
}

func TestAShortageIsNamed(t *testing.T) {
	var a arrivals
	a.at(flat(1120, 10), time.Second, 10*ms)
	in := capacity.Sizing{Parallelism: 8, Ceiling: 8, Cores: 8}
	r, _ := a.Recommend(a.now, in)
	if want := "11.2 cores needed, 8 present: shed 29 % of the work or add 3.2 cores"; r.Advice != want {
		t.Errorf("%q, want %q", r.Advice, want)
	}
	in.Cores = 11.2
	if r, _ = a.Recommend(a.now, in); r.Advice != "" {
		t.Errorf("no shortage, but %q", r.Advice)
	}
}

func TestTheQueueHoldsWhatTheBudgetAllows(t *testing.T) {
	var a arrivals
	a.at(flat(400, 10), time.Second, 10*ms)
	for _, c := range []struct {
		service, budget time.Duration
		want            int
	}{
		{10 * ms, 200 * ms, 160}, {10 * ms, ms, 8}, {1, time.Hour, 1 << 20}, {0, 200 * ms, 512}, {10 * ms, 0, 512},
	} {
		in := capacity.Sizing{Parallelism: 8, Ceiling: 8, QueueCap: 512, Service: c.service, Budget: c.budget}
		if r, _ := a.Recommend(a.now, in); r.QueueCap != c.want {
			t.Errorf("%v in %v: %d, want %d", c.service, c.budget, r.QueueCap, c.want)
		}
	}
}

func TestAMoveIsFollowedByACooldown(t *testing.T) {
	var a arrivals
	in := capacity.Sizing{Parallelism: 4, Ceiling: 32}
	next := func(cores float64) string {
		a.at(flat(cores*100, 1), time.Second, 10*ms)
		r, ok := a.Recommend(a.now, in)
		if ok {
			in.Parallelism = r.Parallelism
		}
		return r.Direction
	}
	count := map[string]int{}
	for range 60 {
		count[next(12)]++
	}
	if count[capacity.Up] != 1 || in.Parallelism != 18 {
		t.Errorf("a steady load moved %v to %d", count, in.Parallelism)
	}
	clear(count)
	for i := range 300 { // between much and nothing, every 10 s
		count[next(float64(24*(i/10%2)))]++
	}
	if moves := count[capacity.Up] + count[capacity.Down]; moves > 20 {
		t.Errorf("a load that swings moved it %v in 300 s", count)
	}
}

func TestARecommendationIsAlwaysValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f capacity.Forecast
		var now time.Duration
		var d capacity.Demand
		float := rapid.OneOf(rapid.Float64(), rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}))
		for range rapid.IntRange(0, 80).Draw(t, "steps") {
			now += time.Duration(rapid.Int64Range(-1, int64(time.Minute)).Draw(t, "pause"))
			d.Jobs += rapid.Uint64().Draw(t, "jobs")
			d.Work += time.Duration(rapid.Int64().Draw(t, "work"))
			f.Observe(now, d)
			in := capacity.Sizing{
				Parallelism: rapid.Int().Draw(t, "slots"), Ceiling: rapid.Int().Draw(t, "ceiling"), QueueCap: rapid.Int().Draw(t, "cap"),
				Cores: float.Draw(t, "cores"), Blocked: float.Draw(t, "blocked"),
				Service: time.Duration(rapid.Int64().Draw(t, "service")), Budget: time.Duration(rapid.Int64().Draw(t, "budget")),
			}
			r, _ := f.Recommend(now, in)
			if r.Parallelism < 1 || r.Parallelism > max(in.Ceiling, 1) || r.QueueCap < r.Parallelism || r.QueueCap > 1<<20 {
				t.Fatalf("%+v of %+v", r, in)
			}
			for _, x := range []float64{r.PredictedRate, r.CoresNeeded, r.CoresPresent} {
				if !(x >= 0) || math.IsInf(x, 0) {
					t.Fatalf("%+v of %+v", r, in)
				}
			}
			if h := f.Horizon(); h < 15*time.Second || h > 30*time.Second {
				t.Fatalf("horizon %v", h)
			}
		}
	})
}
