package main

import (
	"encoding/json"
	"strings"

	"github.com/helixrouter/helix"
)

// setUsage is the help of --set.
const setUsage = "change a setting of the configuration, as `field=value`; may be given again"

// readSettings reads the values of --set: what is not JSON is a string.
func readSettings(set []string) (helix.ConfigPatch, error) {
	patch := helix.ConfigPatch{}
	for _, s := range set {
		field, value, ok := strings.Cut(s, "=")
		if !ok || field == "" {
			return nil, exitf(exitUsage, "--set %s: want field=value, such as --set tenant_floor=0.2", s)
		}
		if json.Valid([]byte(value)) {
			patch[field] = json.RawMessage(value)
			continue
		}
		patch[field] = value
	}
	text, err := json.Marshal(patch)
	if err != nil {
		return nil, err
	}
	patch, err = helix.ParseConfigPatch(text)
	if err != nil {
		return nil, err
	}
	if _, err := patch.Apply(helix.DefaultConfig()); err != nil {
		return nil, exitf(exitUsage, "--set: %w", err)
	}
	return patch, nil
}
