package httpapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"runtime/debug"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/history"
	"github.com/helixrouter/helix/internal/openapi"
	"github.com/helixrouter/helix/route"
)

// page is an operation whose answer is not a Go value.
func page(run endpoint, id, summary, mediaType string) operation {
	return operation{run, openapi.Operation{ID: id, Summary: summary, Answers: []openapi.Answer{
		{Status: http.StatusOK, About: "the whole of it", Type: mediaType}, problemAnswer(0, "why not"),
	}}}
}

// answers is an operation that answers with a value as JSON.
func answers(run endpoint, id, summary string, value any) operation {
	o := page(run, id, summary, typeJSON)
	o.Answers[0].Value = value
	return o
}

// changes is an operation with a body.
func changes(run endpoint, id, summary string, body, example any, status int, value any) operation {
	o := answers(run, id, summary, value)
	o.Guarded = true
	o.Body = &openapi.Body{Types: []string{typeJSON}, Value: body, Example: example}
	o.Answers[0] = openapi.Answer{Status: status, About: "done"}
	if value != nil {
		o.Answers[0].Type, o.Answers[0].Value = typeJSON, value
	}
	o.Answers = append(o.Answers, problemAnswer(401, "a write from beyond loopback without the token"),
		problemAnswer(422, "the body or the query is wrong: errors lists all faults, and nothing was done"),
		problemAnswer(429, "too many writes from one address beyond loopback"))
	return o
}

func problemAnswer(status int, about string) openapi.Answer {
	return openapi.Answer{Status: status, About: about, Type: "application/problem+json", Value: problem{}}
}

func inQuery(name, about string, schema openapi.Schema) openapi.Parameter {
	return openapi.Parameter{Name: name, In: "query", About: about, Schema: schema}
}

// describe makes the API's description from its table.
func describe(entries []entry) *openapi.Document {
	var operations []openapi.Operation
	for _, e := range entries {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch} {
			if o, ok := e.methods[method]; ok {
				o.Method, o.Path = method, e.path
				operations = append(operations, o.Operation)
			}
		}
	}
	return openapi.New(openapi.About{
		Title: "Helix router", Version: version(),
		Text: "How CPU work is routed, live: statistics, decisions, configuration, jobs. GET answers HEAD too.\n\n" +
			"Errors are problems (RFC 9457). Members may be added to answers; bodies are read strictly.",
	}, operations, newSchemas())
}

// version is that of the program's module.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "unknown"
}

// newSchemas knows the types that write their JSON themselves.
func newSchemas() *openapi.Schemas {
	strategies, dispositions := route.Strategies(), route.Dispositions()
	special := map[reflect.Type]openapi.Schema{
		reflect.TypeFor[history.Column]():    {"type": "array", "items": openapi.Schema{"type": []string{"number", "null"}}},
		reflect.TypeFor[history.Instants]():  {"type": "array", "items": openapi.Schema{"type": "number"}},
		reflect.TypeFor[helix.Job]():         jobSchema,
		reflect.TypeFor[helix.Strategy]():    oneOfWords(strategies[:]),
		reflect.TypeFor[helix.Disposition](): oneOfWords(dispositions[:]),
		reflect.TypeFor[helix.PeerState]():   {"type": "string", "enum": []helix.PeerState{helix.PeerReady, helix.PeerStale, helix.PeerDraining, helix.PeerEjected, helix.PeerTrial}},
		reflect.TypeFor[helix.Output](): {"oneOf": []openapi.Schema{
			tagged("U64", openapi.Schema{"type": "integer", "minimum": 0}), tagged("F64", openapi.Schema{"type": "number"}),
		}},
	}
	s := openapi.NewSchemas(special)
	special[reflect.TypeFor[helix.Histogram]()] = s.Of(reflect.TypeFor[histogram]())
	special[reflect.TypeFor[json.RawMessage]()] = s.Of(reflect.TypeFor[[]helix.Output]()) // the outputs of a job, which are encoded first
	return s
}

func tagged(tag string, value openapi.Schema) openapi.Schema {
	return openapi.Schema{"type": "object", "required": []string{tag}, "additionalProperties": false, "properties": map[string]any{tag: value}}
}

func oneOfWords[T interface{ String() string }](words []T) openapi.Schema {
	var names []string
	for _, w := range words {
		names = append(names, w.String())
	}
	return openapi.Schema{"type": "string", "enum": names}
}

// histogram is the wire form of helix.Histogram.
type histogram struct {
	Count uint64  `json:"count"`
	Sum   float64 `json:"sum_seconds"`
	Min   float64 `json:"min_seconds"`
	Max   float64 `json:"max_seconds"`
	P50   float64 `json:"p50_seconds"`
	P95   float64 `json:"p95_seconds"`
	P99   float64 `json:"p99_seconds"`
}

// jobSchema is stricter than the Go type, as its reader is.
var jobSchema = openapi.Schema{
	"type": "object", "additionalProperties": false,
	"required": []string{"id", "kind", "inputs", "compute_cost", "scaling_potential", "latency_budget_ms"},
	"properties": map[string]any{
		"id":                openapi.Schema{"type": "integer", "minimum": 0, "description": "the caller's number; need not be unique"},
		"kind":              openapi.Schema{"type": "string", "description": "a registered kind, such as HashMix"},
		"inputs":            openapi.Schema{"type": "array", "items": openapi.Schema{"type": "integer", "minimum": 0}},
		"compute_cost":      openapi.Schema{"type": "integer", "minimum": 0, "description": "the declared size in the kind's own units"},
		"scaling_potential": openapi.Schema{"type": "number", "minimum": 0, "maximum": 1, "description": "how well the job amortises with others"},
		"latency_budget_ms": openapi.Schema{"type": "integer", "minimum": 0, "description": "from submit until the job is late; 0 = no budget"},
		"tenant":            openapi.Schema{"type": "string", "maxLength": 128},
		"class":             openapi.Schema{"type": "string", "enum": []string{"default", "sheddable", "critical", "critical_plus"}},
		"deadline":          openapi.Schema{"type": "string", "format": "date-time", "description": "the absolute form of the budget; the earlier of both counts"},
	},
}

func (a *API) openAPI(w http.ResponseWriter, _ *http.Request) error {
	return sendText(w, typeJSON, http.StatusOK, a.document.JSON)
}

func (a *API) docs(w http.ResponseWriter, _ *http.Request) error {
	return sendText(w, "text/html; charset=utf-8", http.StatusOK, a.document.Page())
}

func style(w http.ResponseWriter, _ *http.Request) error {
	return sendText(w, "text/css; charset=utf-8", http.StatusOK, openapi.Style)
}
