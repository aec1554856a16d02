package openapi

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// Operation is one method of one path.
type Operation struct {
	Method     string // GET
	Path       string // /api/decisions/{seq}
	ID         string // of the operation, one word; unique
	Summary    string // one line
	About      string // more, in Markdown; optional
	Guarded    bool   // it needs the bearer token from beyond loopback
	Parameters []Parameter
	Body       *Body // nil = none
	Answers    []Answer
}

// Parameter is one of the query, the path or the header.
type Parameter struct {
	Name    string
	In      string // query, path or header
	About   string
	Schema  Schema
	Repeats bool // it may be given several times
}

// Body is what a request carries.
type Body struct {
	Types   []string // media types
	Value   any      // of the Go type that describes it; nil = Schema does
	Schema  Schema
	Example any
}

// Answer is what may come back.
type Answer struct {
	Status  int // 0 = any other
	About   string
	Type    string // media type; "" = no body
	Value   any    // of the Go type that is sent as JSON, or OneOf; nil = not JSON
	Headers map[string]string
}

// OneOf is a body that has one of several forms, by examples of their Go types.
type OneOf []any

type object = map[string]any

// ofValue is the schema of a value's type.
func (s *Schemas) ofValue(v any) Schema {
	forms, several := v.(OneOf)
	if !several {
		return s.Of(reflect.TypeOf(v))
	}
	all := []Schema{}
	for _, form := range forms {
		all = append(all, s.Of(reflect.TypeOf(form)))
	}
	return Schema{"oneOf": all}
}

func (s *Schemas) operation(o *Operation) object {
	out := object{"operationId": o.ID, "summary": o.Summary, "responses": s.answers(o.Answers)}
	if o.About != "" {
		out["description"] = o.About
	}
	if o.Guarded {
		out["security"] = []object{{"bearer": []string{}}, {}}
	}
	parameters := []object{}
	for _, name := range inBraces.FindAllString(o.Path, -1) {
		parameters = append(parameters, object{"name": strings.Trim(name, "{}"), "in": "path", "required": true, "schema": inPath(name)})
	}
	for _, p := range o.Parameters {
		parameters = append(parameters, p.object())
	}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if o.Body != nil {
		out["requestBody"] = s.body(o.Body)
	}
	return out
}

// inPath is a number where it counts something, otherwise a name.
func inPath(name string) Schema {
	if name == "{seq}" {
		return Schema{"type": "integer", "minimum": 0}
	}
	return Schema{"type": "string"}
}

var inBraces = regexp.MustCompile(`\{[a-z]+\}`)

func (p *Parameter) object() object {
	o := object{"name": p.Name, "in": p.In, "description": p.About, "schema": p.Schema}
	if p.Repeats {
		o["schema"], o["explode"] = Schema{"type": "array", "items": p.Schema}, true
	}
	return o
}

func (s *Schemas) body(b *Body) object {
	schema, content := b.Schema, object{}
	if b.Value != nil {
		schema = s.ofValue(b.Value)
	}
	for _, t := range b.Types {
		media := object{"schema": schema}
		if b.Example != nil {
			media["example"] = b.Example
		}
		content[t] = media
	}
	return object{"required": true, "content": content}
}

func (s *Schemas) answers(all []Answer) object {
	out := object{}
	for _, a := range all {
		answer := object{"description": a.About}
		if a.Type != "" {
			media := object{}
			if a.Value != nil {
				media["schema"] = s.ofValue(a.Value)
			}
			answer["content"] = object{a.Type: media}
		}
		if len(a.Headers) > 0 {
			headers := object{}
			for name, about := range a.Headers {
				headers[name] = object{"description": about, "schema": Schema{"type": "string"}}
			}
			answer["headers"] = headers
		}
		status := "default"
		if a.Status > 0 {
			status = fmt.Sprint(a.Status)
		}
		out[status] = answer
	}
	return out
}
