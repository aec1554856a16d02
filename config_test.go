package helix_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix"
)

func TestTheDefaultsAreTheDocumentedOnes(t *testing.T) {
	text, err := json.Marshal(helix.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"inline_threshold":8000,"spawn_threshold":60000,"spawn_limit":1024,"remote_limit":1024,"cpu_queue_cap":512,"cpu_parallelism":8,` +
		`"backpressure_busy_threshold":7,"batch_max_size":8,"batch_max_delay_ms":10,"ema_alpha":0.15,"adaptive_step":0.1,` +
		`"cpu_p95_budget_ms":200,"adaptive_p95_threshold_factor":1.5,"policy":"adaptive","autoscale":"apply","learner":"guarded","tenant_floor":0.25,"metrics_legacy":true}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	if err := helix.DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

// faultyFields lists the fields that a *ConfigError names, sorted and once each.
func faultyFields(t *testing.T, err error) []string {
	t.Helper()
	var e *helix.ConfigError
	if !errors.As(err, &e) {
		t.Errorf("got %v, want a *ConfigError", err)
		return nil
	}
	var fields []string
	for _, f := range e.Faults {
		if f.Message == "" || !strings.Contains(err.Error(), f.Field) {
			t.Errorf("fault %+v is not told in %q", f, err)
		}
		fields = append(fields, f.Field)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// change is a Go change of one field of a configuration.
type change struct {
	field string
	set   func(*helix.Config)
}

func TestBoundariesAreValidAndWhatLiesBeyondIsNot(t *testing.T) {
	type c = helix.Config
	for _, x := range []struct {
		field   string
		valid   []func(*c)
		invalid []func(*c)
	}{
		{"inline_threshold",
			[]func(*c){func(c *c) { c.InlineThreshold = 1 }, func(c *c) { c.InlineThreshold = 59_999 }},
			[]func(*c){func(c *c) { c.InlineThreshold = 0 }, func(c *c) { c.InlineThreshold = 60_000 }, func(c *c) { c.InlineThreshold = math.MaxUint64 }}},
		{"spawn_threshold",
			[]func(*c){func(c *c) { c.SpawnThreshold = 8_001 }, func(c *c) { c.SpawnThreshold = 1 << 53 }},
			[]func(*c){func(c *c) { c.SpawnThreshold = 1<<53 + 1 }}},
		{"spawn_limit",
			[]func(*c){func(c *c) { c.SpawnLimit = 1 }, func(c *c) { c.SpawnLimit = 1 << 20 }},
			[]func(*c){func(c *c) { c.SpawnLimit = 0 }, func(c *c) { c.SpawnLimit = -1 }, func(c *c) { c.SpawnLimit = 1<<20 + 1 }}},
		{"cpu_queue_cap",
			[]func(*c){func(c *c) { c.CPUQueueCap = 8 }, func(c *c) { c.CPUQueueCap = 1 << 20 }},
			[]func(*c){func(c *c) { c.CPUQueueCap = 7 }, func(c *c) { c.CPUQueueCap = 0 }, func(c *c) { c.CPUQueueCap = 1 << 60 }}},
		{"cpu_parallelism",
			[]func(*c){func(c *c) { c.CPUParallelism = 1 }, func(c *c) { c.CPUParallelism, c.CPUQueueCap = 4096, 4096 }},
			[]func(*c){func(c *c) { c.CPUParallelism = 0 }, func(c *c) { c.CPUParallelism, c.CPUQueueCap = 4097, 8000 }}},
		{"backpressure_busy_threshold",
			[]func(*c){func(c *c) { c.BackpressureBusyThreshold = 1 }, func(c *c) { c.BackpressureBusyThreshold = 1 << 20 }},
			[]func(*c){func(c *c) { c.BackpressureBusyThreshold = 0 }, func(c *c) { c.BackpressureBusyThreshold = 1<<20 + 1 }}},
		{"batch_max_size",
			[]func(*c){func(c *c) { c.BatchMaxSize = 1 }, func(c *c) { c.BatchMaxSize = 4096 }},
			[]func(*c){func(c *c) { c.BatchMaxSize = 0 }, func(c *c) { c.BatchMaxSize = 4097 }}},
		{"batch_max_delay_ms",
			[]func(*c){func(c *c) { c.BatchMaxDelayMS = 1 }, func(c *c) { c.BatchMaxDelayMS = 60_000 }},
			[]func(*c){func(c *c) { c.BatchMaxDelayMS = 0 }, func(c *c) { c.BatchMaxDelayMS = 60_001 }}},
		{"ema_alpha",
			[]func(*c){func(c *c) { c.EMAAlpha = 1 }, func(c *c) { c.EMAAlpha = math.SmallestNonzeroFloat64 }},
			[]func(*c){func(c *c) { c.EMAAlpha = 0 }, func(c *c) { c.EMAAlpha = 1.0000001 }, func(c *c) { c.EMAAlpha = math.NaN() }, func(c *c) { c.EMAAlpha = -0.1 }}},
		{"adaptive_step",
			[]func(*c){func(c *c) { c.AdaptiveStep = 1 }},
			[]func(*c){func(c *c) { c.AdaptiveStep = 0 }, func(c *c) { c.AdaptiveStep = 1.1 }, func(c *c) { c.AdaptiveStep = math.Inf(1) }}},
		{"cpu_p95_budget_ms",
			[]func(*c){func(c *c) { c.CPUP95BudgetMS = 1 }, func(c *c) { c.CPUP95BudgetMS = 3_600_000 }},
			[]func(*c){func(c *c) { c.CPUP95BudgetMS = 0 }, func(c *c) { c.CPUP95BudgetMS = 3_600_001 }}},
		{"adaptive_p95_threshold_factor",
			[]func(*c){func(c *c) { c.AdaptiveP95ThresholdFactor = 0.001 }, func(c *c) { c.AdaptiveP95ThresholdFactor = 1000 }},
			[]func(*c){func(c *c) { c.AdaptiveP95ThresholdFactor = 0 }, func(c *c) { c.AdaptiveP95ThresholdFactor = math.Inf(1) }, func(c *c) { c.AdaptiveP95ThresholdFactor = math.NaN() }}},
		{"policy",
			[]func(*c){func(c *c) { c.Policy = "threshold" }},
			[]func(*c){func(c *c) { c.Policy = "" }, func(c *c) { c.Policy = "Threshold" }, func(c *c) { c.Policy = "random" }}},
	} {
		for i, set := range x.valid {
			config := helix.DefaultConfig()
			set(&config)
			if err := config.Validate(); err != nil {
				t.Errorf("%s: valid value %d: %v", x.field, i, err)
			}
		}
		for i, set := range x.invalid {
			config := helix.DefaultConfig()
			set(&config)
			if got := faultyFields(t, config.Validate()); !slices.Equal(got, []string{x.field}) {
				t.Errorf("invalid value %d of %s: faults in %v", i, x.field, got)
			}
			if _, err := helix.New(config); err == nil {
				t.Errorf("invalid value %d of %s: New took it", i, x.field)
			}
		}
	}
}

func TestAllFaultsOfAConfigurationComeBackAtOnce(t *testing.T) {
	want := helix.ConfigFields()
	want = slices.DeleteFunc(want, func(f string) bool { return f == "metrics_legacy" || f == "tenant_floor" || f == "remote_limit" }) // any bool will do, no floor, and no job away
	slices.Sort(want)
	_, err := helix.New(helix.Config{})
	if got := faultyFields(t, err); !slices.Equal(got, want) {
		t.Errorf("the zero Config has faults in\n%v, want\n%v", got, want)
	}
}

func TestAPatchKeepsResetsAndRefuses(t *testing.T) {
	base := helix.DefaultConfig()
	base.BatchMaxSize, base.EMAAlpha, base.MetricsLegacy = 99, 0.5, false
	for text, want := range map[string]change{
		`{}`:                                   {"", func(*helix.Config) {}},
		`{"batch_max_size":16}`:                {"", func(c *helix.Config) { c.BatchMaxSize = 16 }},
		`{"batch_max_size":null}`:              {"", func(c *helix.Config) { c.BatchMaxSize = 8 }},
		`{"metrics_legacy":null}`:              {"", func(c *helix.Config) { c.MetricsLegacy = true }},
		`{"ema_alpha":1}`:                      {"", func(c *helix.Config) { c.EMAAlpha = 1 }},
		`{"ema_alpha":1e-1}`:                   {"", func(c *helix.Config) { c.EMAAlpha = 0.1 }},
		`{"spawn_threshold":9007199254740992}`: {"", func(c *helix.Config) { c.SpawnThreshold = 1 << 53 }},
		// Both thresholds move past each other in one patch.
		`{"inline_threshold":70000,"spawn_threshold":80000}`: {"", func(c *helix.Config) { c.InlineThreshold, c.SpawnThreshold = 70_000, 80_000 }},

		`{"batch_max_size":16.0}`:                   {"batch_max_size", nil},
		`{"batch_max_size":"16"}`:                   {"batch_max_size", nil},
		`{"batch_max_size":1e1}`:                    {"batch_max_size", nil},
		`{"batch_max_size":-1}`:                     {"batch_max_size", nil},
		`{"batch_max_size":true}`:                   {"batch_max_size", nil},
		`{"batch_max_size":{}}`:                     {"batch_max_size", nil},
		`{"batch_max_size":[16]}`:                   {"batch_max_size", nil},
		`{"inline_threshold":-1}`:                   {"inline_threshold", nil},
		`{"spawn_threshold":9007199254740993}`:      {"spawn_threshold", nil},
		`{"inline_threshold":18446744073709551616}`: {"inline_threshold", nil},
		`{"inline_threshold":60000}`:                {"inline_threshold", nil},
		`{"ema_alpha":"0.5"}`:                       {"ema_alpha", nil},
		`{"ema_alpha":1e999}`:                       {"ema_alpha", nil},
		`{"metrics_legacy":1}`:                      {"metrics_legacy", nil},
		`{"policy":"none"}`:                         {"policy", nil},
		`{"batch_size":16}`:                         {"batch_size", nil},
		`{"Batch_Max_Size":16}`:                     {"Batch_Max_Size", nil},
		`{"":1}`:                                    {"", nil},
		`{"batch_max_size":0,"ema_alpha":2,"x":1}`:  {"batch_max_size ema_alpha x", nil},
	} {
		p, err := helix.ParseConfigPatch([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := p.Apply(base)
		if want.set == nil {
			if fields := faultyFields(t, err); strings.Join(fields, " ") != want.field {
				t.Errorf("%s: faults in %v, want %s", text, fields, want.field)
			}
			want.set = func(*helix.Config) {} // and nothing changes
		} else if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		wanted := base
		want.set(&wanted)
		if got != wanted {
			t.Errorf("%s: %+v, want %+v", text, got, wanted)
		}
	}
}

func TestAPatchMayBeWrittenInGo(t *testing.T) {
	base := helix.DefaultConfig()
	base.BatchMaxSize, base.MetricsLegacy = 99, false
	var none *int
	got, err := helix.ConfigPatch{"batch_max_size": none, "ema_alpha": float32(0.5), "cpu_parallelism": uint8(4), "metrics_legacy": json.RawMessage("null")}.Apply(base)
	want := helix.DefaultConfig()
	want.EMAAlpha, want.CPUParallelism = 0.5, 4
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, v := range []any{math.NaN(), func() {}, make(chan int)} {
		if fields := faultyFields(t, func() error { _, err := helix.ConfigPatch{"ema_alpha": v}.Apply(base); return err }()); !slices.Equal(fields, []string{"ema_alpha"}) {
			t.Errorf("%T: faults in %v", v, fields)
		}
	}
}

func TestWhatIsNotOneObjectIsNoPatch(t *testing.T) {
	for _, text := range []string{"", "null", "[]", "1", `"x"`, "{", "{}{}", "{} x", "{}}", "{}]", `{"a":NaN}`} {
		if p, err := helix.ParseConfigPatch([]byte(text)); err == nil {
			t.Errorf("%q reads as %v", text, p)
		}
	}
	if _, err := helix.ParseConfigPatch([]byte(" {} \n")); err != nil {
		t.Errorf("space around the object: %v", err)
	}
}

func TestAnInvalidChangeLeavesTheLiveConfiguration(t *testing.T) {
	r := testRouter(t, nil)
	before := r.Config()
	for _, p := range []helix.ConfigPatch{{"ema_alpha": 2}, {"nonsense": 1}, {"batch_max_size": 1, "cpu_parallelism": 0}} {
		if got, err := r.PatchConfig(p); err == nil || got != (helix.Config{}) {
			t.Errorf("%v: got %+v, %v", p, got, err)
		}
	}
	if err := r.SetConfig(helix.Config{}); err == nil {
		t.Error("the zero Config was taken")
	}
	if ok, err := r.ReplaceConfig(before, helix.Config{}); ok || err == nil {
		t.Error("the zero Config was taken")
	}
	if r.Config() != before {
		t.Errorf("%+v, want %+v", r.Config(), before)
	}
}

func TestReplaceConfigComparesFirst(t *testing.T) {
	r := testRouter(t, nil)
	old := r.Config()
	next := old
	next.BatchMaxSize = 16
	if ok, err := r.ReplaceConfig(old, next); !ok || err != nil || r.Config() != next {
		t.Errorf("%v, %v, and the configuration is %+v", ok, err, r.Config())
	}
	other := old
	other.BatchMaxSize = 32
	if ok, err := r.ReplaceConfig(old, other); ok || err != nil || r.Config() != next {
		t.Errorf("someone else's change was overwritten: %v, %v", ok, err)
	}
	if err := r.SetConfig(other); err != nil || r.Config() != other {
		t.Errorf("SetConfig: %v", err)
	}
}

// Whatever the patch, the live configuration is valid, and either what the patch
// says or what it was.
func TestAPatchedConfigurationIsValidOrUnchanged(t *testing.T) {
	r := testRouter(t, nil)
	value := rapid.OneOf(
		rapid.Just[any](nil), rapid.Just[any](true), rapid.Just[any]("threshold"), rapid.Just[any](json.Number("1e3")),
		rapid.Map(rapid.IntRange(-2, 100_000), func(v int) any { return v }),
		rapid.Map(rapid.Float64Range(-1, 2), func(v float64) any { return v }),
		rapid.Map(rapid.Uint64(), func(v uint64) any { return v }),
	)
	field := rapid.SampledFrom(append(helix.ConfigFields(), "nonsense"))
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		p := helix.ConfigPatch(rapid.MapOfN(field, value, 0, 3).Draw(t, "patch"))
		before := r.Config()
		got, err := r.PatchConfig(p)
		after := r.Config()
		if fault := after.Validate(); fault != nil {
			t.Fatalf("the live configuration is invalid: %v", fault)
		}
		if err != nil {
			if after != before {
				t.Fatalf("refused (%v), but changed: %+v", err, after)
			}
			return
		}
		accepted++
		want, fault := p.Apply(before)
		if fault != nil || after != want || got != want {
			t.Fatalf("%+v, want %+v, %v", after, want, fault)
		}
	})
	if accepted == 0 {
		t.Error("no patch was accepted: the test tests nothing")
	}
}

// FuzzConfigPatch: any text is refused, or leads to a valid configuration that
// reads back as itself.
func FuzzConfigPatch(f *testing.F) {
	f.Add([]byte(`{"ema_alpha":1,"batch_max_size":null}`))
	f.Add([]byte(`{"inline_threshold":60000}`))
	f.Add([]byte(`{"nonsense":{}}`))
	f.Add([]byte(`{}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := helix.ParseConfigPatch(text)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q is no JSON", text)
		}
		base := helix.DefaultConfig()
		base.BatchMaxSize = 99
		got, err := p.Apply(base)
		if err != nil {
			if got != base {
				t.Fatalf("refused (%v), but changed: %+v", err, got)
			}
			return
		}
		if err := got.Validate(); err != nil {
			t.Fatalf("accepted, but invalid: %v", err)
		}
		written, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := helix.ParseConfigPatch(written)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := whole.Apply(helix.DefaultConfig()); err != nil || back != got {
			t.Fatalf("%s reads as %+v, %v", written, back, err)
		}
	})
}
