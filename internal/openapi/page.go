package openapi

import (
	"bytes"
	_ "embed" // the page and its style
	"encoding/json"
	"html/template"
	"reflect"
	"strconv"
	"strings"
)

// Style is the page's style sheet, which the page expects at /docs/style.css.
//
//go:embed style.css
var Style []byte

//go:embed page.html
var pageText string

// render makes the page.
func render(about About, operations []Operation, schemas *Schemas) []byte {
	page := template.Must(template.New("page").Funcs(template.FuncMap{
		"paragraphs": paragraphs,
		"indented":   indented,
		"components": componentsOf,
		"status": func(code int) string {
			if code == 0 {
				return "other"
			}
			return strconv.Itoa(code)
		},
	}).Parse(pageText))
	var out bytes.Buffer
	err := page.Execute(&out, struct {
		About      About
		Paragraphs []string
		Operations []Operation
		Schemas    map[string]Schema
	}{about, paragraphs(about.Text), operations, schemas.components})
	if err != nil {
		panic(err) // the template and what fills it are the program's own
	}
	return out.Bytes()
}

func paragraphs(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n\n")
}

func indented(v any) (string, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return string(text), err
}

// componentsOf lists the components that a value is described by.
func componentsOf(v any) (names []string) {
	if forms, several := v.(OneOf); several {
		for _, form := range forms {
			names = append(names, componentsOf(form)...)
		}
		return names
	}
	t := reflect.TypeOf(v)
	for t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer) {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct || t.Name() == "" {
		return nil
	}
	return []string{componentName(t)}
}
