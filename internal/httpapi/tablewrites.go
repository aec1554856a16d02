package httpapi

import (
	"reflect"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/openapi"
)

// writes are the entries of /api/config, which has all methods, and of what only writes.
func (a *API) writes() []entry {
	telemetry := changes(a.telemetry, "reportPressure", "Tells of load that the router cannot see itself", telemetryBody{}, map[string]any{"pressure": 0.75}, 204, nil)
	simulate := changes(a.simulate, "simulate", "Starts a burst of sample jobs and does not wait for its end", Burst{}, Burst{1000, 200, 7}, 202, Burst{})
	simulate.Body.Value, simulate.Body.Schema = nil, openapi.Schema{
		"type": "object", "required": []string{"jobs"}, "additionalProperties": false,
		"properties": map[string]any{
			"jobs": openapi.Schema{"type": "integer", "minimum": 1, "maximum": maxBurstJobs, "description": "how many"},
			"rate": openapi.Schema{"type": "number", "minimum": 0, "maximum": maxBurstRate, "description": "arrivals per second; 0 = as fast as the router takes them"},
			"seed": openapi.Schema{"type": "integer", "minimum": 0, "default": defaultSeed, "description": "which jobs"},
		},
	}
	jobs := changes(a.postJobs, "submit", "Runs one job or an array of jobs and answers when they have ended", openapi.OneOf{helix.Job{}, []helix.Job{}},
		map[string]any{"id": 1, "kind": "PrimeCount", "inputs": []int{}, "compute_cost": 100000, "scaling_potential": 0.3, "latency_budget_ms": 50},
		200, openapi.OneOf{jobAnswer{}, []listedAnswer{}})
	jobs.About = "An array is answered with 200, and each of its jobs has a status of its own."
	jobs.Answers = append(jobs.Answers,
		problemAnswer(503, "shed: reason says why, Retry-After when to come back"),
		problemAnswer(504, "the budget passed before the job could start"))
	return []entry{
		{"/api/config", "the live configuration; PATCH merges, POST replaces, ?dry_run=true only checks", methods{
			"GET":   a.readConfigOperation(),
			"POST":  a.changeConfigOperation(a.postConfig, "replaceConfig", "Replaces the configuration: what is left out takes its default", typeJSON),
			"PATCH": a.changeConfigOperation(a.patchConfig, "patchConfig", "Merges into the configuration (RFC 7396): what is left out stays, null resets to the default", typeJSON, typePatch),
		}},
		{"/api/telemetry", `tells of load elsewhere, {"pressure":0.75}`, methods{"POST": telemetry}},
		{"/api/jobs", "runs one job or an array of jobs", methods{"POST": jobs}},
		{"/api/simulate", `starts a burst of sample jobs, {"jobs":1000,"rate":200,"seed":7}`, methods{"POST": simulate}},
	}
}

func (a *API) readConfigOperation() operation {
	o := answers(a.getConfig, "config", "The live configuration", helix.Config{})
	o.Answers[0].Headers = map[string]string{"ETag": "of this configuration, for If-Match"}
	o.Parameters = []openapi.Parameter{ifNoneMatch}
	o.Answers = append(o.Answers, openapi.Answer{Status: 304, About: "it is still the one of If-None-Match"})
	return o
}

var (
	ifMatch     = openapi.Parameter{Name: "If-Match", In: "header", About: "change only the configuration with this ETag; else 412", Schema: openapi.Schema{"type": "string"}}
	ifNoneMatch = openapi.Parameter{Name: "If-None-Match", In: "header", About: "the ETag of a known configuration", Schema: openapi.Schema{"type": "string"}}
)

func (a *API) changeConfigOperation(run endpoint, id, summary string, types ...string) operation {
	o := changes(run, id, summary, nil, map[string]any{"cpu_parallelism": 2}, 200, helix.Config{})
	o.About = "All faults come back at once, and nothing is changed then. A change of the configuration file later overwrites what is set here."
	o.Body.Types = types
	o.Body.Schema = newSchemas().Optional(reflect.TypeFor[helix.Config]())
	o.Parameters = []openapi.Parameter{inQuery("dry_run", "true only checks", openapi.Schema{"type": "boolean", "default": false}), ifMatch}
	o.Answers[0].About = "the whole configuration that results"
	o.Answers[0].Headers = map[string]string{"ETag": "of the live configuration"}
	o.Answers = append(o.Answers, problemAnswer(412, "the configuration is not the one of If-Match"))
	return o
}

// telemetryBody is what telemetry reads, for the description.
type telemetryBody struct {
	Pressure   float64 `json:"pressure" about:"0 to 1"`
	Source     string  `json:"source,omitempty" about:"who says so; a later report replaces an earlier one"`
	TTLSeconds float64 `json:"ttl_seconds,omitempty" about:"how long it counts, at most 3600; default 30"`
}
