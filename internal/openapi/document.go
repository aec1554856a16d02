package openapi

import (
	"encoding/json"
	"fmt"
	"strings"
)

// About is what a description says of the API as a whole.
type About struct {
	Title   string
	Version string
	Text    string // Markdown
}

// Document is an API's description, ready to be sent. It is immutable.
type Document struct {
	JSON []byte // OpenAPI 3.1
	page []byte
}

// New describes an API. It panics on operations that contradict each other, which is a
// mistake in the program.
func New(about About, operations []Operation, schemas *Schemas) *Document {
	paths, ids := object{}, map[string]bool{}
	for i := range operations {
		o := &operations[i]
		if ids[o.ID] || o.ID == "" {
			panic(fmt.Sprintf("openapi: the operation %s %s needs an ID of its own, %q is not", o.Method, o.Path, o.ID))
		}
		ids[o.ID] = true
		item, ok := paths[o.Path].(object)
		if !ok {
			item = object{}
			paths[o.Path] = item
		}
		item[strings.ToLower(o.Method)] = schemas.operation(o)
	}
	document := object{
		"openapi": "3.1.0",
		"info":    object{"title": about.Title, "version": about.Version, "description": about.Text, "license": object{"name": "MIT", "identifier": "MIT"}},
		"servers": []object{{"url": "/"}},
		"paths":   paths,
		"components": object{
			"schemas":         schemas.components,
			"securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer", "description": "needed for writes from beyond loopback"}},
		},
	}
	text, err := json.Marshal(document)
	if err != nil {
		panic(err) // maps, strings and numbers always have a JSON form
	}
	return &Document{JSON: text, page: render(about, operations, schemas)}
}

// Page is the description for people, as HTML without scripts that takes its style from
// Style, at the path that links says.
func (d *Document) Page() []byte { return d.page }
