package stream

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/route"
)

var decisions = rapid.Custom(func(t *rapid.T) helix.Decision {
	number := rapid.OneOf(rapid.Float64Range(0, 1), rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1e-6, 1e-7, 1e21, 1e300}))
	return helix.Decision{
		JobID: rapid.Uint64().Draw(t, "job"), Strategy: route.Strategy(rapid.IntRange(0, route.NumStrategies-1).Draw(t, "strategy")),
		ComputeCost: rapid.Uint64().Draw(t, "cost"), CPUBusy: rapid.Int().Draw(t, "busy"), Pressure: number.Draw(t, "pressure"),
		Seq: rapid.Uint64().Draw(t, "seq"), Kind: rapid.String().Draw(t, "kind"), Peer: rapid.String().Draw(t, "peer"),
		Time:       time.Unix(0, rapid.Int64Min(0).Draw(t, "time")).In(time.FixedZone("", 60*rapid.IntRange(-600, 600).Draw(t, "zone"))),
		Source:     route.Source(rapid.IntRange(0, 2).Draw(t, "source")),
		Reason:     route.Reason(rapid.IntRange(0, route.NumReasons-1).Draw(t, "reason")),
		Propensity: number.Draw(t, "propensity"), PredictedSeconds: number.Draw(t, "predicted"),
	}
})

func TestADecisionIsEncodedAsJSONDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := decisions.Draw(t, "decision")
		want, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendDecision(nil, &d); string(got) != string(want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
	odd := helix.Decision{Pressure: math.NaN(), Propensity: math.Inf(1)}
	if text := appendDecision(nil, &odd); !json.Valid(text) {
		t.Errorf("%s", text)
	}
}

func BenchmarkEncode(b *testing.B) {
	d := helix.Decision{JobID: 7, Seq: 123456, Kind: "PrimeCount", Time: time.Unix(1e9, 123456789).UTC(), Pressure: 0.1234567, Propensity: 1, PredictedSeconds: 0.0123}
	var text []byte
	b.ReportAllocs()
	for b.Loop() {
		text = appendEvent(text[:0], &d)
	}
}
