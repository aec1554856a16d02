package openapi

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// Schema is a JSON Schema of the 2020-12 dialect, which OpenAPI 3.1 has.
type Schema map[string]any

// Schemas turns Go types into schemas as encoding/json writes them. Structs with a name
// become components, so that each is described once.
type Schemas struct {
	special    map[reflect.Type]Schema
	components map[string]Schema
	owners     map[string]reflect.Type // of the components
}

// NewSchemas returns a collection. special are the types whose JSON form their methods
// decide.
func NewSchemas(special map[reflect.Type]Schema) *Schemas {
	return &Schemas{special: special, components: map[string]Schema{}, owners: map[string]reflect.Type{}}
}

var (
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
)

// Of returns the schema of a type. It panics where a type decides its own form and is not
// special: what it would say of it could be wrong.
func (s *Schemas) Of(t reflect.Type) Schema {
	if special, ok := s.special[t]; ok {
		return special
	}
	switch {
	case t.Kind() == reflect.Pointer:
		return Schema{"anyOf": []Schema{s.Of(t.Elem()), {"type": "null"}}}
	case t == reflect.TypeFor[time.Time]():
		return Schema{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[json.RawMessage]():
		return Schema{}
	case t.Implements(jsonMarshaler):
		panic(fmt.Sprintf("openapi: %v writes its JSON itself: describe it as a special type", t))
	case t.Implements(textMarshaler):
		return Schema{"type": "string"}
	case t.Kind() == reflect.Struct && t.Name() != "":
		return s.component(t)
	}
	return s.plain(t)
}

func (s *Schemas) plain(t reflect.Type) Schema {
	switch t.Kind() {
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.String:
		return Schema{"type": "string"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Schema{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Schema{"type": "integer", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return Schema{"type": "number"}
	case reflect.Slice, reflect.Array:
		return Schema{"type": "array", "items": s.Of(t.Elem())}
	case reflect.Map:
		return Schema{"type": "object", "additionalProperties": s.Of(t.Elem())}
	case reflect.Struct:
		return s.object(t)
	default:
		panic(fmt.Sprintf("openapi: %v has no JSON form", t))
	}
}

// component describes a struct once and refers to it.
func (s *Schemas) component(t reflect.Type) Schema {
	name := componentName(t)
	if owner, known := s.owners[name]; known && owner != t {
		panic(fmt.Sprintf("openapi: %v and %v have the same name here: rename one", owner, t))
	} else if !known {
		s.owners[name] = t
		s.components[name] = nil // a type that contains itself finds its name
		s.components[name] = s.object(t)
	}
	return Schema{"$ref": "#/components/schemas/" + name}
}

// componentName is a type's name for readers: what an answer is called inside is of no
// interest to them.
func componentName(t reflect.Type) string {
	name := []rune(strings.TrimSuffix(t.Name(), "Answer"))
	name[0] = unicode.ToUpper(name[0])
	return string(name)
}

func (s *Schemas) object(t reflect.Type) Schema {
	properties, required := map[string]any{}, []string{}
	s.fields(t, true, properties, &required)
	o := Schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// fields adds those of a struct. The fields of an embedded pointer may all be missing.
func (s *Schemas) fields(t reflect.Type, present bool, properties map[string]any, required *[]string) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			inner, isPointer := f.Type, f.Type.Kind() == reflect.Pointer
			if isPointer {
				inner = inner.Elem()
			}
			s.fields(inner, present && !isPointer, properties, required)
			continue
		}
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		schema, optional := s.Of(f.Type), strings.Contains(options, "omit")
		if optional && f.Type.Kind() == reflect.Pointer {
			schema = s.Of(f.Type.Elem()) // it is left out, never null
		}
		if about := f.Tag.Get("about"); about != "" {
			schema = described(schema, about)
		}
		properties[name] = schema
		if present && !optional {
			*required = append(*required, name)
		}
	}
}

// Optional returns the schema of a struct of which each field may be left out or null,
// and none may be added: a merge patch of it.
func (s *Schemas) Optional(t reflect.Type) Schema {
	properties := map[string]any{}
	s.fields(t, false, properties, new([]string))
	for name, schema := range properties {
		properties[name] = Schema{"anyOf": []any{schema, Schema{"type": "null"}}}
	}
	return Schema{"type": "object", "properties": properties, "additionalProperties": false}
}

func described(s Schema, about string) Schema {
	d := Schema{"description": about}
	for k, v := range s {
		d[k] = v
	}
	return d
}
