package helix

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// ConfigPatch is a JSON merge patch (RFC 7396) for a Config: a key that is
// absent keeps its value, nil resets it to the default, an unknown key is a fault.
//
//	r.PatchConfig(helix.ConfigPatch{"batch_max_size": 16, "ema_alpha": nil})
//
// Decoded from JSON it should be decoded with UseNumber (ParseConfigPatch does),
// so that integers stay exact.
type ConfigPatch map[string]any

// ParseConfigPatch decodes a JSON object into a patch, integers exact. The text
// must hold one object and nothing after it.
func ParseConfigPatch(text []byte) (ConfigPatch, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var p ConfigPatch
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("configuration is not a JSON object: %w", err)
	}
	if p == nil {
		return nil, errors.New("configuration is null: send a JSON object, {} changes nothing")
	}
	if _, err := dec.Token(); err != io.EOF { // dec.More would let a stray } pass
		return nil, errors.New("configuration has text after its JSON object: send one object")
	}
	return p, nil
}

// Apply returns c with the patch applied and validated. All faults, of types
// and of rules, come back at once in a *ConfigError; c is returned unchanged then.
func (p ConfigPatch) Apply(c Config) (Config, error) {
	next, def := c, DefaultConfig()
	target, defaults := reflect.ValueOf(&next).Elem(), reflect.ValueOf(def)
	var f faults
	for _, key := range slices.Sorted(maps.Keys(p)) {
		i, ok := configFields[key]
		if !ok {
			f.add(key, p[key], "is unknown: the fields are %s", strings.Join(ConfigFields(), ", "))
		} else if err := setField(target.Field(i), defaults.Field(i), p[key]); err != nil {
			f.add(key, p[key], "%v", err)
		}
	}
	// Rules are checked on what could be read, so that one answer names every fault.
	var rules *ConfigError
	if err := next.Validate(); errors.As(err, &rules) {
		for _, r := range rules.Faults {
			if !slices.ContainsFunc(f, func(x ConfigFault) bool { return x.Field == r.Field }) {
				f = append(f, r)
			}
		}
	}
	if err := f.err(); err != nil {
		return c, err
	}
	return next, nil
}

// ConfigFields lists the JSON names of all fields in their documented order.
func ConfigFields() []string {
	names := make([]string, len(configFields))
	for name, i := range configFields {
		names[i] = name
	}
	return names
}

// configFields maps JSON names to struct fields; Config's tags are the one place
// where the names are written.
var configFields = func() map[string]int {
	t := reflect.TypeFor[Config]()
	m := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		m[t.Field(i).Tag.Get("json")] = i
	}
	return m
}()

// setField decodes one value through its JSON form, so that a patch written in
// Go and one that came over the wire obey the same rules.
func setField(target, def reflect.Value, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("cannot be written as JSON: %w", err)
	}
	if string(text) == "null" {
		target.Set(def)
		return nil
	}
	fresh := reflect.New(target.Type())
	if err := json.Unmarshal(text, fresh.Interface()); err != nil {
		return fmt.Errorf("must be %s", describeType(target.Kind()))
	}
	target.Set(fresh.Elem())
	return nil
}

func describeType(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Float64:
		return "a number"
	default:
		return "a whole number without quotes, fraction or exponent"
	}
}
