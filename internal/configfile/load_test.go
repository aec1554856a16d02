package configfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/configfile"
)

// write puts text into a file of that name and returns its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func flags(t testing.TB, args ...string) *pflag.FlagSet {
	t.Helper()
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	configfile.AddFlags(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return set
}

// TestPrecedence sets one field in every combination of the four layers.
func TestPrecedence(t *testing.T) {
	file := write(t, "c.json", `{"cpu_parallelism": 2}`)
	for combination := range 8 {
		var s configfile.Source
		want, origin := 8, "default"
		if combination&1 != 0 {
			s.Path, want, origin = file, 2, "file:"+file
		}
		if combination&2 != 0 {
			s.Environ, want, origin = []string{"PATH=/bin", "HELIX_CPU_PARALLELISM=3"}, 3, "env:HELIX_CPU_PARALLELISM"
		}
		if combination&4 != 0 {
			s.Flags, want, origin = flags(t, "--cpu-parallelism", "4"), 4, "flag:--cpu-parallelism"
		}
		got, err := configfile.Load(s)
		if err != nil {
			t.Fatal(err)
		}
		if got.Config.CPUParallelism != want || got.Origin("cpu_parallelism").String() != origin {
			t.Errorf("%03b: %d from %s, want %d from %s", combination,
				got.Config.CPUParallelism, got.Origin("cpu_parallelism"), want, origin)
		}
		if o := got.Origin("ema_alpha").String(); o != "default" {
			t.Errorf("%03b: ema_alpha is from %s, want the default", combination, o)
		}
	}
}

// TestEveryFieldFromEveryLayer gives each field another value in each layer's form.
func TestEveryFieldFromEveryLayer(t *testing.T) {
	want := helix.Config{
		InlineThreshold: 1, SpawnThreshold: 1 << 53, SpawnLimit: 3, CPUQueueCap: 40, CPUParallelism: 5,
		BackpressureBusyThreshold: 6, BatchMaxSize: 70, BatchMaxDelayMS: 80, EMAAlpha: 0.9, AdaptiveStep: 0.1234567890123456,
		CPUP95BudgetMS: 110, AdaptiveP95ThresholdFactor: 12, Policy: "threshold", Autoscale: "advise", Learner: "shadow", MetricsLegacy: false,
	}
	var json, yaml, args, environ []string
	for field, v := range configfile.Values(want) {
		json = append(json, `"`+field+`": `+v)
		yaml = append(yaml, field+": "+v+" # a remark")
		args = append(args, "--"+configfile.FlagName(field)+"="+strings.Trim(v, `"`))
		environ = append(environ, configfile.EnvName(field)+"="+strings.Trim(v, `"`))
	}
	for name, s := range map[string]configfile.Source{
		"json":  {Path: write(t, "c.json", "{\n"+strings.Join(json, ",\n")+"}")},
		"yaml":  {Path: write(t, "c.YML", strings.Join(yaml, "\n"))},
		"env":   {Environ: environ},
		"flags": {Flags: flags(t, args...)},
	} {
		got, err := configfile.Load(s)
		if err != nil || got.Config != want {
			t.Errorf("%s: %+v, %v; want %+v", name, got.Config, err, want)
		}
		for _, field := range helix.ConfigFields() {
			if got.Origin(field).Layer == configfile.LayerDefault {
				t.Errorf("%s: %s is from the default", name, field)
			}
		}
	}
}

// TestFaults wants every fault of a source at once, each with its place. PATH
// stands for the file's path.
func TestFaults(t *testing.T) {
	const whole = "must be a whole number, 0 or more, without quotes, fraction or exponent"
	tests := map[string]struct {
		file, text string
		environ    []string
		want       []string
	}{
		"json, all at once": {
			"c.json", "{\"batch_max_size\": 8.0,\n \"cpu_queue_cap\": \"64\",\n \"cpu_parallelisn\": 4,\n\"ema_alpha\": 2,\n\n\"policy\": 1, \"ema_alpha\": 1}",
			[]string{"HELIX_ADAPTIVE_STEP=much", "HELIX_CPU_P95_BUDGET_MS=0"},
			[]string{
				"PATH:1: batch_max_size = 8.0 " + whole,
				"PATH:2: cpu_queue_cap = 64 " + whole,
				"PATH:3: cpu_parallelisn is unknown: the fields are " + strings.Join(helix.ConfigFields(), ", "),
				"PATH:6: policy = 1 must be a string",
				"PATH:6: ema_alpha is given on line 4 already: keep one of them",
				"HELIX_ADAPTIVE_STEP: adaptive_step = much must be a number without quotes",
				"PATH:6: ema_alpha = 2 must be above 0 and at most 1",
				"HELIX_CPU_P95_BUDGET_MS: cpu_p95_budget_ms = 0 must be between 1 and 3600000",
			},
		},
		"yaml, all at once": {
			"c.yaml", "# ours\nbatch_max_size: 8.0\ncpu_queue_cap: '64'\nspawn_limit: 010\nema_alpha: .inf\nmetrics_legacy: yes\nno: 1\nadaptive_step: [1]\n",
			nil,
			[]string{
				"PATH:2: batch_max_size = 8.0 " + whole,
				"PATH:3: cpu_queue_cap = 64 " + whole,
				"PATH:4: spawn_limit = 010 " + whole,
				"PATH:5: ema_alpha = .inf must be a number without quotes",
				"PATH:6: metrics_legacy = yes must be true or false",
				"PATH:7: no is unknown: the fields are " + strings.Join(helix.ConfigFields(), ", "),
				"PATH:8: adaptive_step =  must be a number without quotes",
			},
		},
		"a default is at fault beside a value": {
			"c.json", `{"cpu_parallelism": 600}`, nil,
			[]string{"cpu_queue_cap = 512, the default, must be at least cpu_parallelism (600)"},
		},
		"faults before the text breaks off": {
			"c.json", "{\"batch_max_size\": true,\n\"ema_alpha\": 0.1,\n oops}", nil,
			[]string{
				"PATH:1: batch_max_size = true " + whole,
				"PATH:3: is not valid JSON: invalid character 'o' looking for beginning of object key string",
			},
		},
		"no object":            {"c.json", `[1]`, nil, []string{`PATH:1: is not a JSON object: write {"field": value}`}},
		"empty JSON":           {"c.json", "\n", nil, []string{"PATH:2: ends before its JSON object does"}},
		"JSON ends early":      {"c.json", "{\n\"ema_alpha\"", nil, []string{"PATH:2: ends before its JSON object does"}},
		"text after":           {"c.json", "{}\n{}", nil, []string{"PATH:2: has text after its JSON object"}},
		"huge":                 {"c.json", `{"spawn_threshold": 18446744073709551616}`, nil, []string{"PATH:1: spawn_threshold = 18446744073709551616 is a larger number than fits"}},
		"YAML list":            {"c.yaml", "- a", nil, []string{"PATH:1: is not a mapping: write one 'field: value' a line"}},
		"YAML second document": {"c.yaml", "ema_alpha: 1\n---\nema_alpha: 1", nil, []string{"PATH:2: has a second document: one file holds one configuration"}},
		"negative":             {"c.yaml", "cpu_parallelism: -1", nil, []string{"PATH:1: cpu_parallelism = -1 " + whole}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := write(t, tt.file, tt.text)
			_, err := configfile.Load(configfile.Source{Path: path, Environ: tt.environ})
			var faults *configfile.Error
			if !errors.As(err, &faults) || len(faults.Faults) != len(tt.want) {
				t.Fatalf("got:\n%v\nwant:\n%s", err, strings.Join(tt.want, "\n"))
			}
			for i, f := range faults.Faults {
				if want := strings.Replace(tt.want[i], "PATH", path, 1); f.String() != want {
					t.Errorf("got  %s\nwant %s", f, want)
				}
			}
		})
	}
}

// TestBrokenYAMLHasALine leaves the words to the parser.
func TestBrokenYAMLHasALine(t *testing.T) {
	path := write(t, "c.yaml", "ema_alpha: 0.1\n\t- x: [\n")
	_, err := configfile.Load(configfile.Source{Path: path})
	if err == nil || !strings.HasPrefix(err.Error(), path+":2: is not valid YAML: ") {
		t.Errorf("got %v, want a fault on line 2", err)
	}
}

func TestMissingFile(t *testing.T) {
	_, err := configfile.Load(configfile.Source{Path: "/nowhere/c.json"})
	if err == nil || !strings.HasPrefix(err.Error(), "/nowhere/c.json: cannot be read: ") {
		t.Errorf("got %v", err)
	}
}

// TestWhatIsNotAFault lists what looks odd and is meant.
func TestWhatIsNotAFault(t *testing.T) {
	def := helix.DefaultConfig()
	for name, s := range map[string]configfile.Source{
		"nothing":          {},
		"empty object":     {Path: write(t, "c.json", "\ufeff{}")},
		"null":             {Path: write(t, "c.json", `{"ema_alpha": null}`)},
		"comments only":    {Path: write(t, "c.yaml", "# nothing\n")},
		"empty document":   {Path: write(t, "c.yaml", "---\n")},
		"no value":         {Path: write(t, "c.yaml", "ema_alpha:\n")},
		"an anchor":        {Path: write(t, "c.yaml", "cpu_parallelism: &n 8\nbatch_max_size: *n\n")},
		"no extension":     {Path: write(t, "config", `{"cpu_parallelism": 8}`)},
		"empty variable":   {Environ: []string{"HELIX_CPU_PARALLELISM="}},
		"another variable": {Environ: []string{"HELIX_PORT=tcp://10.0.0.1:80"}},
		"a boolean flag":   {Flags: flags(t, "--metrics-legacy")},
	} {
		if got, err := configfile.Load(s); err != nil || got.Config != def {
			t.Errorf("%s: %+v, %v; want the defaults", name, got.Config, err)
		}
	}
}

// TestShadowedRule: rules hold for what results, not for each layer alone.
func TestShadowedRule(t *testing.T) {
	got, err := configfile.Load(configfile.Source{
		Path: write(t, "c.json", `{"ema_alpha": 7}`), Environ: []string{"HELIX_EMA_ALPHA= .5"},
	})
	if err != nil || got.Config.EMAAlpha != 0.5 {
		t.Errorf("%v, %v; want .5", got.Config.EMAAlpha, err)
	}
}

func TestEveryFlagSaysWhatItIs(t *testing.T) {
	set := flags(t)
	for _, field := range helix.ConfigFields() {
		if f := set.Lookup(configfile.FlagName(field)); f == nil || f.Usage == "" {
			t.Errorf("%s: add it to meanings in flags.go", field)
		}
	}
}

func TestFlagsCheckTypesWhenParsed(t *testing.T) {
	for _, arg := range []string{"--cpu-parallelism=x", "--cpu-parallelism=8.0", "--ema-alpha=NaN", "--metrics-legacy=perhaps"} {
		set := pflag.NewFlagSet("test", pflag.ContinueOnError)
		configfile.AddFlags(set)
		if err := set.Parse([]string{arg}); err == nil || !strings.Contains(err.Error(), "must be") {
			t.Errorf("%s: %v, want a fault that says what it must be", arg, err)
		}
	}
}

// FuzzFile: no file makes Load panic, and what it accepts is valid.
func FuzzFile(f *testing.F) {
	for _, text := range []string{
		"{}", `{"ema_alpha": 0.5, "cpu_parallelism": 4}`, `{"policy": "threshold", "x": [1, {"y": null}]}`, "[", `{"a"`, `{"a":1}}`,
		"ema_alpha: 0.5\nmetrics_legacy: false", "a: &x [*x]", "<<: {ema_alpha: 1}", "? [a]\n: 1", "--- 1\n---\n", "%YAML 1.1\n---\na: !!binary x", "\x00",
	} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, yaml bool) {
		name := "c.json"
		if yaml {
			name = "c.yaml"
		}
		got, err := configfile.Load(configfile.Source{Path: write(t, name, text)})
		var faults *configfile.Error
		switch {
		case err == nil:
			if err := got.Config.Validate(); err != nil {
				t.Errorf("accepted, but %v", err)
			}
		case !errors.As(err, &faults) || len(faults.Faults) == 0 || err.Error() == "":
			t.Errorf("%#v is no list of faults", err)
		}
	})
}
