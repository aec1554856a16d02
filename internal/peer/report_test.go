package peer_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/peer"
	"github.com/helixrouter/helix/route"
	"pgregory.net/rapid"
)

var (
	numbers  = rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, math.SmallestNonzeroFloat64, math.MaxFloat64, 1, 4}))
	lengths  = rapid.OneOf(rapid.Map(rapid.Int64(), func(n int64) time.Duration { return time.Duration(n) }), rapid.SampledFrom([]time.Duration{0, math.MaxInt64, math.MinInt64, time.Second}))
	insanity = rapid.Custom(func(t *rapid.T) peer.Report {
		return peer.Report{
			InFlight: rapid.Int().Draw(t, "in flight"), Backlog: lengths.Draw(t, "backlog"), Lanes: numbers.Draw(t, "lanes"),
			Scarcity: numbers.Draw(t, "scarcity"), Speed: numbers.Draw(t, "speed"), Draining: rapid.Bool().Draw(t, "draining"),
		}
	})
)

// sound is what every quote keeps whatever peers say.
func sound(t interface{ Fatalf(string, ...any) }, q *route.Quote) {
	for what, d := range map[string]time.Duration{"wait": q.Wait, "overhead": q.Overhead, "run": q.Run, "spread": q.Spread, "age": q.Age, "finish": q.Finish()} {
		if d < 0 || d > 1000*24*time.Hour {
			t.Fatalf("%s of %v: %+v", what, d, q)
		}
	}
	if !(q.Scarcity >= 0 && q.Scarcity <= 1) {
		t.Fatalf("scarcity of %v", q.Scarcity)
	}
}

// Whatever reports, samples and calls come in whatever order: quotes stay numbers of times, and who is chosen is
// one who may be.
func TestNoReportMakesAQuoteInsane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &peer.Fleet{Speed: rapid.SampledFrom([]float64{0, 1, 1e-3, 1e5}).Draw(t, "speed here")}
		now := time.Duration(0)
		ids := map[uint32]int{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "later"))
			who := name(rapid.IntRange(0, 4).Draw(t, "who"))
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0, 1:
				f.Hear(now, who, kinds, insanity.Draw(t, "report"))
			case 2:
				f.Trip(now, who, "x")
			default:
				service := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "service"))
				q := f.Choose(now, "k", service, rapid.Uint64().Draw(t, "chance"))
				sound(t, &q)
				if q.Valid {
					f.Send(q.Peer, q.Run)
					ids[q.Peer]++
					s := peer.Sample{Service: service, Expected: q.Finish(), Doubt: q.Doubt, Took: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "took")), Wait: lengths.Draw(t, "wait"), Run: lengths.Draw(t, "run")}
					f.End(now, q.Peer, "k", peer.Ending(rapid.IntRange(0, 4).Draw(t, "ending")), &s, "why")
				}
			}
			for _, v := range f.Look(now) {
				for _, k := range v.Kinds {
					if !(k.Ratio >= 1.0/1025 && k.Ratio <= 1025) {
						t.Fatalf("a ratio of %v", k.Ratio)
					}
				}
				if v.Outstanding != 0 || v.Overhead < 0 || v.Doubt < 0 || math.IsNaN(v.Speed) || math.IsInf(v.Speed, 0) {
					t.Fatalf("%+v", v)
				}
			}
		}
	})
}

// Among any peers one is chosen exactly if one may be.
func TestAPeerIsChosenIfAndOnlyIfOneMayBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const now = 10 * time.Second
		f, may := &peer.Fleet{Speed: 1}, map[string]bool{}
		var except []uint32
		for i := range rapid.IntRange(0, 60).Draw(t, "peers") {
			fault := rapid.SampledFrom([]string{"", "stale", "draining", "ejected", "unserving", "excluded", "excluded", "stale"}).Draw(t, "fault")
			at, serves, r := now, kinds, idle()
			switch fault {
			case "stale":
				at = now - peer.Fresh - 1
			case "unserving":
				serves = []string{"other"}
			case "draining":
				r.Draining = true
			}
			f.Hear(at, name(i), serves, r)
			switch fault {
			case "ejected":
				f.Trip(now, name(i), "gone")
			case "excluded":
				except = append(except, uint32(i+1))
			case "":
				may[name(i)] = true
			}
		}
		for _, id := range except {
			if n := f.Name(id); may[n] {
				t.Fatalf("%s has the number %d", n, id)
			}
		}
		for range 20 {
			before := slices.Clone(except)
			q := f.Choose(now, "k", job, rapid.Uint64().Draw(t, "chance"), except...)
			if q.Valid != (len(may) > 0) || q.Valid && !may[f.Name(q.Peer)] || !slices.Equal(before, except) {
				t.Fatalf("%+v, %q, of %v", q, f.Name(q.Peer), may)
			}
		}
	})
}

func FuzzHear(f *testing.F) {
	f.Add(0, int64(0), 4.0, 0.0, 1.0, int64(0))
	f.Add(-1, int64(math.MinInt64), math.NaN(), math.Inf(1), 5e-324, int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, inFlight int, backlog int64, lanes, scarcity, speed float64, service int64) {
		fleet := fleet(peer.Report{InFlight: inFlight, Backlog: time.Duration(backlog), Lanes: lanes, Scarcity: scarcity, Speed: speed})
		q := fleet.Choose(ms, "k", time.Duration(service), 1)
		if !q.Valid {
			t.Fatal("it is fresh and not chosen")
		}
		sound(t, &q)
		for range 100 {
			fleet.Send(q.Peer, math.MaxInt64)
		}
		q = fleet.Choose(ms, "k", time.Duration(service), 1)
		sound(t, &q)
	})
}
