package scenario_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/workload"
)

const handmade = `{"id":9,"kind":"HashMix","inputs":[],"compute_cost":1000,"scaling_potential":0.5,"latency_budget_ms":20,"at_seconds":0.5,"service_seconds":0.002}
{"id":9,"kind":"PrimeCount","inputs":[],"compute_cost":200000,"scaling_potential":0.1,"latency_budget_ms":50,"at_seconds":0.75}
`

func traced(t *testing.T, text string, o scenario.Options) ([]scenario.Job, *scenario.Scenario, error) {
	t.Helper()
	s, err := scenario.FromTrace(workload.ReadTrace(strings.NewReader(text)), o)
	if err != nil {
		return nil, nil, err
	}
	return slices.Collect(s.Jobs()), s, nil
}

func TestATraceKeepsItsTimes(t *testing.T) {
	got, s, err := traced(t, handmade, scenario.Options{Cores: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := []scenario.Job{
		{At: 500 * time.Millisecond, First: 500 * time.Millisecond, ID: 0, Kind: "HashMix", Units: 1000, Service: 2 * time.Millisecond, Budget: 20 * time.Millisecond, Scaling: 0.5},
		{At: 750 * time.Millisecond, First: 750 * time.Millisecond, ID: 1, Kind: "PrimeCount", Units: 200_000, Service: 2 * time.Millisecond, Budget: 50 * time.Millisecond, Scaling: 0.1},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if o := s.Options(); o.Duration != 750*time.Millisecond+1 || o.Load < 0.0026 || o.Load > 0.0027 {
		t.Errorf("%+v", o)
	}
}

func TestATraceIsSqueezedToALoad(t *testing.T) {
	got, _, err := traced(t, handmade, scenario.Options{Cores: 2, Load: 2})
	if err != nil || got[1].At != time.Millisecond || got[0].At != 666666*time.Nanosecond {
		t.Errorf("%+v %v", got, err)
	}
}

func TestATraceWithoutTimesNeedsALoad(t *testing.T) {
	plain := strings.NewReplacer(`,"at_seconds":0.5`, "", `,"at_seconds":0.75`, "").Replace(handmade)
	if _, _, err := traced(t, plain, scenario.Options{Cores: 2}); err == nil || !strings.Contains(err.Error(), "a load is needed") {
		t.Error(err)
	}
	got, _, err := traced(t, plain, scenario.Options{Cores: 2, Load: 1})
	if err != nil || got[0].At == 0 || got[1].At <= got[0].At {
		t.Errorf("%+v %v", got, err)
	}
}

func TestATraceEndsAtTheDuration(t *testing.T) {
	got, _, err := traced(t, handmade, scenario.Options{Cores: 2, Duration: 600 * time.Millisecond})
	if err != nil || len(got) != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestATraceWithAFaultIsRefused(t *testing.T) {
	var fault *workload.TraceError
	if _, _, err := traced(t, handmade+"x\n", scenario.Options{Cores: 2}); !errors.As(err, &fault) || fault.Line != 3 {
		t.Error(err)
	}
	for _, text := range []string{"", strings.Replace(handmade, "0.75", "1e300", 1)} {
		if _, _, err := traced(t, text, scenario.Options{Cores: 2}); err == nil {
			t.Errorf("accepted %q", text)
		}
	}
}
