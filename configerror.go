package helix

import (
	"fmt"
	"strings"
)

// ConfigError lists every fault of a configuration. The live configuration is
// untouched when it is returned.
type ConfigError struct {
	Faults []ConfigFault
}

// ConfigFault is one field that cannot be used as it is.
type ConfigFault struct {
	Field   string // the JSON name, such as "ema_alpha"
	Value   any    // what was given
	Message string // the rule and what to do
}

// Error lists the faults, one after the other.
func (e *ConfigError) Error() string {
	parts := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		parts[i] = fmt.Sprintf("%s = %v %s", f.Field, f.Value, f.Message)
	}
	return "invalid configuration, nothing was changed: " + strings.Join(parts, "; ")
}

// faults collects the faults of one check.
type faults []ConfigFault

func (f *faults) add(field string, value any, format string, args ...any) {
	*f = append(*f, ConfigFault{Field: field, Value: value, Message: fmt.Sprintf(format, args...)})
}

func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return &ConfigError{Faults: f}
}
