package openapi_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/helixrouter/helix/internal/openapi"
)

type inner struct {
	N int `json:"n"`
}

type opaque struct{}

func (opaque) MarshalJSON() ([]byte, error) { return []byte("1"), nil }

func TestSchemasFollowEncodingJSON(t *testing.T) {
	type treeAnswer struct {
		*inner
		Name     string          `json:"name" about:"who"`
		Maybe    *float64        `json:"maybe"`
		Left     *inner          `json:"left,omitempty"`
		All      []inner         `json:"all"`
		By       map[string]bool `json:"by"`
		Count    uint64          `json:"count,omitzero"`
		_        int
		Dropped  int `json:"-"`
		Untagged bool
	}
	s := openapi.NewSchemas(nil)
	ref := s.Of(reflect.TypeFor[treeAnswer]())
	document := openapi.New(openapi.About{Title: "t", Version: "1"}, nil, s)
	var got struct {
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(document.JSON, &got); err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(got.Components.Schemas)
	want := `{"Inner":{"properties":{"n":{"type":"integer"}},"required":["n"],"type":"object"},` +
		`"Tree":{"properties":{"Untagged":{"type":"boolean"},"all":{"items":{"$ref":"#/components/schemas/Inner"},"type":"array"},` +
		`"by":{"additionalProperties":{"type":"boolean"},"type":"object"},"count":{"minimum":0,"type":"integer"},"left":{"$ref":"#/components/schemas/Inner"},` +
		`"maybe":{"anyOf":[{"type":"number"},{"type":"null"}]},"n":{"type":"integer"},"name":{"description":"who","type":"string"}},` +
		`"required":["name","maybe","all","by","Untagged"],"type":"object"}}`
	if string(text) != want || ref["$ref"] != "#/components/schemas/Tree" {
		t.Errorf("%v\ngot  %s\nwant %s", ref, text, want)
	}
}

func TestWhatCannotBeDescribedIsRefused(t *testing.T) {
	type Inner struct{ X int } // the component's name of inner
	for what, f := range map[string]func(){
		"writes its JSON itself": func() { openapi.NewSchemas(nil).Of(reflect.TypeFor[opaque]()) },
		"has no JSON form":       func() { openapi.NewSchemas(nil).Of(reflect.TypeFor[chan int]()) },
		"have the same name": func() {
			s := openapi.NewSchemas(nil)
			s.Of(reflect.TypeFor[inner]())
			s.Of(reflect.TypeFor[Inner]())
		},
		"needs an ID of its own": func() {
			o := openapi.Operation{Method: "GET", Path: "/", ID: "a"}
			openapi.New(openapi.About{}, []openapi.Operation{o, o}, openapi.NewSchemas(nil))
		},
	} {
		func() {
			defer func() {
				if v, _ := recover().(string); !strings.Contains(v, what) {
					t.Errorf("%s: %q", what, v)
				}
			}()
			f()
		}()
	}
}
