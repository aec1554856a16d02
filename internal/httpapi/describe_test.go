package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

// described is a description as a client reads it.
type described struct {
	OpenAPI    string
	Info       map[string]any
	Servers    []map[string]string
	Paths      map[string]map[string]map[string]any
	Components map[string]map[string]any
}

func descriptionOf(t *testing.T, r *rig) (d described, raw map[string]any) {
	t.Helper()
	a := r.call(t, "GET", "/openapi.json", "")
	if err := json.Unmarshal([]byte(a.body), &raw); err != nil {
		t.Fatal(err)
	}
	return decode[described](t, a, 200), raw
}

// described rig has metrics, and a job of each way to end in its books.
func describedRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("helix_completed 0\n"))
	})})
	for _, kind := range []string{"Echo", "Fail", "Panic"} {
		for _, cost := range []uint64{1, 20_000, 100_000} {
			r.call(t, "POST", "/api/jobs", record(kind, 1, cost))
		}
	}
	return r
}

// Every path and method of the table is described, and nothing else: the list at / is made
// of the same table, and each described method is really there.
func TestTheDescriptionIsTheTable(t *testing.T) {
	r := describedRig(t)
	d, _ := descriptionOf(t, r)
	listed := map[string]bool{}
	for line := range strings.Lines(r.call(t, "GET", "/", "").body) {
		if m := regexp.MustCompile(`^([A-Z, ]+?) +(/\S*)`).FindStringSubmatch(line); m != nil {
			for _, method := range strings.Split(m[1], ", ") {
				if method != "HEAD" {
					listed[method+" "+m[2]] = true
				}
			}
		}
	}
	found := map[string]bool{}
	for path, methods := range d.Paths {
		for method := range methods {
			method = strings.ToUpper(method)
			found[method+" "+path] = true
			target := strings.ReplaceAll(path, "{seq}", "1")
			if path == "/api/stream/decisions" {
				target += "?sample=2" // an answer that ends
			}
			if a := r.call(t, method, target, ""); a.status == 404 || a.status == 405 {
				t.Errorf("%s %s: %d", method, path, a.status)
			}
		}
	}
	if !maps.Equal(listed, found) || len(found) < 20 {
		t.Errorf("the table has %v\nthe description %v", slices.Sorted(maps.Keys(listed)), slices.Sorted(maps.Keys(found)))
	}
}

// What each path answers is what its schema says, and not more.
func TestAnswersFollowTheirSchemas(t *testing.T) {
	r := describedRig(t)
	_, raw := descriptionOf(t, r)
	eventually(t, "a second of history", func() bool { return !strings.Contains(r.call(t, "GET", "/api/history", "").body, `"time":[]`) })
	for _, c := range []struct{ method, path, target, body string }{
		{"get", "/health", "", ""}, {"get", "/livez", "", ""}, {"get", "/healthz", "", ""}, {"get", "/readyz", "", ""},
		{"get", "/api/stats", "", ""}, {"get", "/api/history", "", ""}, {"get", "/api/neural", "", ""}, {"get", "/api/autoscaler", "", ""}, {"get", "/api/fleet", "", ""},
		{"get", "/api/decisions", "", ""}, {"get", "/api/decisions/{seq}", "/api/decisions/3", ""}, {"get", "/api/config", "", ""},
		{"get", "/api/decisions", "/api/decisions?n=x", ""}, {"get", "/api/history", "/api/history?after=x", ""}, {"get", "/api/decisions/{seq}", "/api/decisions/999999", ""},
		{"get", "/api/stream/decisions", "/api/stream/decisions?kind=No", ""},
		{"patch", "/api/config", "", `{"cpu_parallelism":4}`}, {"post", "/api/config", "", `{"ema_alpha":7}`},
		{"post", "/api/jobs", "", record("Echo", 1, 1)}, {"post", "/api/jobs", "", "[" + record("Echo", 1, 1) + "," + record("Fail", 1, 1) + "]"},
		{"post", "/api/simulate", "", `{"jobs":1}`},
	} {
		target := c.target
		if target == "" {
			target = c.path
		}
		a := r.call(t, strings.ToUpper(c.method), target, c.body)
		media := at(raw, "paths", c.path, c.method, "responses", fmt.Sprint(a.status))
		if media == nil {
			media = at(raw, "paths", c.path, c.method, "responses", "default")
		}
		schema := at(media, "content", a.header.Get("Content-Type"), "schema")
		if schema == nil {
			t.Errorf("%s %s answers %d %s, which is not described", c.method, target, a.status, a.header.Get("Content-Type"))
			continue
		}
		var value any
		if err := json.Unmarshal([]byte(a.body), &value); err != nil {
			t.Fatal(err)
		}
		if err := resolved(t, raw, schema).Validate(value); err != nil {
			t.Errorf("%s %s: %v\n%s", c.method, target, err, a.body)
		}
	}
}

// at walks down a document; nil where there is nothing.
func at(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(map[string]any)
		v = o[name]
	}
	return v
}

// resolved is a schema of a description on its own, strict about members that it does not
// name.
func resolved(t *testing.T, document map[string]any, schema any) *jsonschema.Resolved {
	t.Helper()
	text, err := json.Marshal(strict(map[string]any{"allOf": []any{schema}, "$defs": at(document, "components", "schemas")}))
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), "#/components/schemas/", "#/$defs/")), &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func strict(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, x := range v {
			out[name] = strict(x)
		}
		if _, named := v["properties"].(map[string]any); named && v["type"] == "object" {
			out["additionalProperties"] = false
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = strict(x)
		}
		return out
	}
	return v
}

// Requests that are taken follow their schemas, and those that do not are refused.
func TestRequestsFollowTheirSchemas(t *testing.T) {
	r := describedRig(t)
	_, raw := descriptionOf(t, r)
	for target, bodies := range map[string][]string{
		"post /api/telemetry": {`{"pressure":0.5}`, `{"pressure":0.5,"source":"x","ttl_seconds":3}`, `{"pressure":"a"}`, `{}`},
		"post /api/simulate":  {`{"jobs":1}`, `{"jobs":0}`, `{"rate":1}`, `{"jobs":1,"seed":-1}`, `{"jobs":1,"x":1}`},
		"patch /api/config":   {`{}`, `{"ema_alpha":null}`, `{"policy":"threshold"}`, `{"nope":1}`, `{"cpu_parallelism":"4"}`},
		"post /api/config":    {`{}`, `{"batch_max_size":null}`, `{"batch_max_size":1.5}`},
		"post /api/jobs":      {record("Echo", 1, 1), "[" + record("Echo", 1, 1) + "]", `[]`, `{}`, `{"id":1}`, strings.Replace(record("Echo", 1, 1), "{", `{"x":1,`, 1)},
	} {
		method, path, _ := strings.Cut(target, " ")
		schema := resolved(t, raw, at(raw, "paths", path, method, "requestBody", "content", "application/json", "schema"))
		for _, body := range bodies {
			var value any
			if err := json.Unmarshal([]byte(body), &value); err != nil {
				t.Fatal(err)
			}
			taken := r.call(t, strings.ToUpper(method), path, body).status
			for taken == 409 { // the burst before still runs
				taken = r.call(t, strings.ToUpper(method), path, body).status
			}
			if err := schema.Validate(value); (err == nil) != (taken < 300) {
				t.Errorf("%s %s: %d, and the schema says %v", target, body, taken, err)
			}
		}
	}
}

// What the objects of OpenAPI 3.1 may have and must have, where this description uses them.
var (
	operationMembers = []string{"operationId", "summary", "description", "parameters", "requestBody", "responses", "security"}
	parameterMembers = []string{"name", "in", "description", "required", "schema", "explode"}
	responseMembers  = []string{"description", "headers", "content"}
	mediaMembers     = []string{"schema", "example"}
)

func TestTheDescriptionIsOpenAPI31(t *testing.T) {
	d, raw := descriptionOf(t, describedRig(t))
	if d.OpenAPI != "3.1.0" || d.Info["title"] == "" || d.Info["version"] == "" || len(d.Servers) != 1 || len(d.Paths) == 0 {
		t.Errorf("%s %v %v", d.OpenAPI, d.Info, d.Servers)
	}
	only(t, "the document", raw, []string{"openapi", "info", "servers", "paths", "components"})
	only(t, "components", raw["components"], []string{"schemas", "securitySchemes"})
	ids := map[string]bool{}
	for path, item := range d.Paths {
		if !strings.HasPrefix(path, "/") {
			t.Errorf("path %q", path)
		}
		for method, o := range item {
			where := method + " " + path
			if id, _ := o["operationId"].(string); id == "" || ids[id] {
				t.Errorf("%s: operationId %q", where, id)
			} else {
				ids[id] = true
			}
			only(t, where, o, operationMembers)
			checkParameters(t, where, path, o["parameters"])
			checkContents(t, where, o)
		}
	}
	for name, schema := range d.Components["schemas"] {
		resolved(t, raw, schema) // which is what says whether it is a schema
		if !regexp.MustCompile(`^[a-zA-Z0-9._-]+$`).MatchString(name) {
			t.Errorf("schema name %q", name)
		}
	}
	text, _ := json.Marshal(raw)
	for _, ref := range regexp.MustCompile(`"\$ref":"([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
		if at(raw, strings.Split(strings.TrimPrefix(ref[1], "#/"), "/")...) == nil {
			t.Errorf("%s leads nowhere", ref[1])
		}
	}
}

func only(t *testing.T, where string, v any, allowed []string) {
	t.Helper()
	o, ok := v.(map[string]any)
	if !ok {
		t.Errorf("%s is no object: %v", where, v)
	}
	for name := range o {
		if !slices.Contains(allowed, name) {
			t.Errorf("%s has %q", where, name)
		}
	}
}

func checkParameters(t *testing.T, where, path string, v any) {
	t.Helper()
	all, _ := v.([]any)
	seen := map[string]bool{}
	for _, p := range all {
		only(t, where+" parameter", p, parameterMembers)
		in, name := at(p, "in").(string), at(p, "name").(string)
		if seen[in+name] || at(p, "schema") == nil || (in == "path") != (at(p, "required") == true) || !slices.Contains([]string{"path", "query", "header"}, in) {
			t.Errorf("%s: parameter %v", where, p)
		}
		seen[in+name] = true
	}
	for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
		if !seen["path"+m[1]] {
			t.Errorf("%s: %s is not described", where, m[0])
		}
	}
}

func checkContents(t *testing.T, where string, o map[string]any) {
	t.Helper()
	contents := []any{at(o, "requestBody", "content")}
	responses, _ := o["responses"].(map[string]any)
	for status, response := range responses {
		only(t, where+" "+status, response, responseMembers)
		if !regexp.MustCompile(`^([1-5]\d\d|default)$`).MatchString(status) || at(response, "description") == "" {
			t.Errorf("%s: response %q", where, status)
		}
		contents = append(contents, at(response, "content"))
	}
	if len(responses) == 0 {
		t.Errorf("%s has no responses", where)
	}
	for _, c := range contents {
		media, _ := c.(map[string]any)
		for mediaType, m := range media {
			only(t, where+" "+mediaType, m, mediaMembers)
		}
	}
}

func TestTheDocsAreAPageOfTheirOwn(t *testing.T) {
	r := describedRig(t)
	a := r.call(t, "GET", "/docs", "")
	if a.status != 200 || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%+v", a)
	}
	d, _ := descriptionOf(t, r)
	for path := range d.Paths {
		if !strings.Contains(a.body, "</span>"+path+"</code>") {
			t.Errorf("the page lacks %s", path)
		}
	}
	for _, foreign := range []string{"<script", "http://", "https://", "style=", " onload", "<no value>", "%!"} {
		if strings.Contains(a.body, foreign) {
			t.Errorf("the page has %s", foreign)
		}
	}
	if css := r.call(t, "GET", "/docs/style.css", ""); css.status != 200 || css.header.Get("Content-Type") != "text/css; charset=utf-8" || strings.Contains(css.body, "url(") {
		t.Errorf("%+v", css)
	}
}
