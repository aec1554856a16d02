package configfile

import (
	"errors"
	"maps"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"github.com/helixrouter/helix"
)

// Source says where to look. The zero Source gives the defaults.
type Source struct {
	Path    string         // of the file; "" = none
	Environ []string       // "NAME=value", as os.Environ gives it
	Flags   *pflag.FlagSet // parsed, with AddFlags's flags in it; nil = none
}

// Effective is the configuration that results, and where each field of it came from.
type Effective struct {
	Config  helix.Config
	origins map[string]Origin
}

// Origin says which layer won for a field.
func (e Effective) Origin(field string) Origin {
	if o, ok := e.origins[field]; ok {
		return o
	}
	return Origin{Layer: LayerDefault}
}

// Load reads all layers. Whatever is wrong comes back at once as an *Error. It
// keeps nothing: call it again when the file has changed.
func Load(s Source) (Effective, error) {
	l := layers{merged: koanf.New("."), origins: map[string]Origin{}}
	if s.Path != "" {
		l.merge(l.file(s.Path))
	}
	l.merge(l.environment(s.Environ), envOrigin)
	if s.Flags != nil {
		l.merge(l.flags(s.Flags), flagOrigin)
	}
	return l.effective()
}

// layers collects what the layers say.
type layers struct {
	merged  *koanf.Koanf
	origins map[string]Origin
	faults  []Fault
}

func (l *layers) fault(o Origin, field string, value any, message string) {
	l.faults = append(l.faults, Fault{o, field, value, message})
}

// merge lays one layer over those before. origin names where its fields come from.
func (l *layers) merge(p koanf.Provider, origin func(field string) Origin) {
	err := l.merged.Load(p, nil, koanf.WithMergeFunc(func(from, into map[string]any) error {
		maps.Copy(into, from)
		for field := range from {
			l.origins[field] = origin(field)
		}
		return nil
	}))
	if err != nil {
		panic(err) // the providers report faults, never errors, and the merge has none
	}
}

// effective checks the rules on what the layers gave together. A field whose text
// could not be read has its fault already and takes part with the layer below.
func (l *layers) effective() (Effective, error) {
	c, err := helix.ConfigPatch(l.merged.Raw()).Apply(helix.DefaultConfig())
	result := Effective{Config: c, origins: l.origins}
	var rules *helix.ConfigError
	if errors.As(err, &rules) {
		for _, f := range rules.Faults {
			l.fault(result.Origin(f.Field), f.Field, f.Value, f.Message)
		}
	}
	if len(l.faults) > 0 {
		return Effective{}, &Error{l.faults}
	}
	return result, nil
}

// provided is a layer that was read already.
type provided map[string]any

// Read implements koanf.Provider.
func (p provided) Read() (map[string]any, error) { return p, nil }

// ReadBytes implements koanf.Provider.
func (p provided) ReadBytes() ([]byte, error) { return nil, errors.ErrUnsupported }
