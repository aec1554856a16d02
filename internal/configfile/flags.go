package configfile

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"github.com/helixrouter/helix"
)

// FlagName is the flag of a field without its dashes, such as cpu-parallelism.
func FlagName(field string) string { return strings.ReplaceAll(field, "_", "-") }

// AddFlags adds one flag for each field of a configuration. Their text is checked
// for its type when the flags are parsed, and for the rules by Load.
func AddFlags(flags *pflag.FlagSet) {
	defaults := Values(helix.DefaultConfig())
	for _, field := range helix.ConfigFields() {
		v := &fieldValue{kind: fieldKinds[field], text: strings.Trim(defaults[field], `"`)}
		f := flags.VarPF(v, FlagName(field), "", meanings[field])
		if v.kind == reflect.Bool {
			f.NoOptDefVal = "true"
		}
	}
}

// meanings say in help what a field is. The whole truth is in helix.Config.
var meanings = map[string]string{
	"inline_threshold":              "largest cost that runs on the caller's goroutine",
	"spawn_threshold":               "cost from which a job needs a pool slot",
	"spawn_limit":                   "goroutines of spawned jobs at most",
	"remote_limit":                  "jobs that are on other machines at most; 0 sends none",
	"cpu_queue_cap":                 "jobs that wait for a pool slot at most",
	"cpu_parallelism":               "pool slots",
	"backpressure_busy_threshold":   "busy slots from which jobs are shed or batched",
	"batch_max_size":                "jobs in one batch at most",
	"batch_max_delay_ms":            "how long a forming batch may yield to queued work, in ms",
	"ema_alpha":                     "weight of the newest sample in latency averages",
	"adaptive_step":                 "share by which the adaptive spawn threshold rises",
	"cpu_p95_budget_ms":             "pool p95 below which that threshold falls back, in ms",
	"adaptive_p95_threshold_factor": "times the budget: pool p95 above which it rises",
	"policy":                        "who decides where a job runs: adaptive or threshold",
	"autoscale":                     "what the autoscaler may do: off, advise or apply",
	"learner":                       "what the learner may do: off, shadow, guarded or frozen",
	"tenant_floor":                  "share of an even part of the cores that each tenant is guaranteed",
	"metrics_legacy":                "export the original's metric names too",
}

// Values returns the fields of a configuration in their JSON form.
func Values(c helix.Config) map[string]string {
	text, err := json.Marshal(c)
	var raw map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(text, &raw)
	}
	if err != nil {
		panic(err) // a Config without NaN, which no layer lets in, always has a JSON form
	}
	values := make(map[string]string, len(raw))
	for field, v := range raw {
		values[field] = string(v)
	}
	return values
}

// fieldValue is the flag of one field. It keeps the text that was given.
type fieldValue struct {
	kind reflect.Kind
	text string
}

// String implements pflag.Value.
func (v *fieldValue) String() string { return v.text }

// Set implements pflag.Value.
func (v *fieldValue) Set(text string) error {
	if _, err := parse(v.kind, text); err != nil {
		return err
	}
	v.text = text
	return nil
}

// Type implements pflag.Value: it is what help shows for the argument.
func (v *fieldValue) Type() string {
	switch v.kind {
	case reflect.Bool:
		return "bool"
	case reflect.String:
		return "name"
	case reflect.Float64:
		return "float"
	default:
		return "int"
	}
}

// flagFields maps flags to fields.
var flagFields = func() map[string]string {
	fields := map[string]string{}
	for _, field := range helix.ConfigFields() {
		fields[FlagName(field)] = field
	}
	return fields
}()

// flags provides the fields whose flag was given.
func (l *layers) flags(set *pflag.FlagSet) koanf.Provider {
	return posflag.ProviderWithFlag(set, "", nil, func(f *pflag.Flag) (string, any) {
		field, known := flagFields[f.Name]
		if !known || !f.Changed {
			return "", nil
		}
		v, err := parse(fieldKinds[field], f.Value.String())
		if err != nil { // a set of flags that AddFlags did not make
			l.fault(flagOrigin(field), field, f.Value.String(), err.Error())
			return "", nil
		}
		return field, v
	})
}

func flagOrigin(field string) Origin { return Origin{Layer: LayerFlag, Name: "--" + FlagName(field)} }
