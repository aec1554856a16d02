package configfile

import (
	"strings"

	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/v2"

	"github.com/helixrouter/helix"
)

const envPrefix = "HELIX_"

// EnvName is the variable of a field, such as HELIX_CPU_PARALLELISM.
func EnvName(field string) string { return envPrefix + strings.ToUpper(field) }

// envFields maps variables to fields. Other variables with the prefix are not
// faults: the program has some, and Kubernetes makes its own for a service of that name.
var envFields = func() map[string]string {
	fields := map[string]string{}
	for _, field := range helix.ConfigFields() {
		fields[EnvName(field)] = field
	}
	return fields
}()

// environment provides the fields that are set in environ, "NAME=value" each. A
// value that cannot be read is a fault and stays out.
func (l *layers) environment(environ []string) koanf.Provider {
	return env.Provider("", env.Opt{
		Prefix:      envPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, text string) (string, any) {
			field, known := envFields[name]
			text = strings.TrimSpace(text)
			if !known || text == "" {
				return "", nil
			}
			v, err := parse(fieldKinds[field], text)
			if err != nil {
				l.fault(envOrigin(field), field, text, err.Error())
				return "", nil
			}
			return field, v
		},
	})
}

func envOrigin(field string) Origin { return Origin{Layer: LayerEnv, Name: EnvName(field)} }
