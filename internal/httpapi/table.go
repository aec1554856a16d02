package httpapi

import (
	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/history"
	"github.com/helixrouter/helix/internal/openapi"
)

// entries is the table: every path, and all that is said of it.
func (a *API) entries() []entry {
	entries := []entry{
		{"/", "the dashboard; this list for who does not ask for text/html", methods{"GET": a.indexOperation()}},
		{"/docs", "the API's description for people", methods{"GET": page(a.docs, "docs", "This page", "text/html")}},
		{"/docs/style.css", "its style", methods{"GET": page(style, "docsStyle", "The style of the page at /docs", "text/css")}},
		{"/openapi.json", "the API's description for programs, OpenAPI 3.1", methods{"GET": page(a.openAPI, "openapi", "This API as OpenAPI 3.1", typeJSON)}},
	}
	entries = append(entries, a.probes()...)
	entries = append(entries, a.reads()...)
	entries = append(entries, a.writes()...)
	if a.page != nil {
		entries = append(entries, entry{"/assets/{name}", "what the dashboard is made of", methods{
			"GET": page(a.asset, "asset", "A file of the dashboard, under a name with the hash of its content", "application/octet-stream")}})
	}
	if a.metrics != nil {
		entries = append(entries, entry{"/metrics", "for Prometheus", methods{
			"GET": page(a.serveMetrics, "metrics", "The metrics as Prometheus text, or as OpenMetrics or protobuf where Accept asks for it", "text/plain")}})
	}
	return entries
}

func (a *API) indexOperation() operation {
	o := page(a.index, "index", "The paths of this API as text", "text/plain")
	if a.page != nil {
		o.About = "Where Accept names text/html, as browsers do, the answer is the dashboard."
	}
	return o
}

func (a *API) probes() []entry {
	return []entry{
		{"/health", "the process answers", methods{"GET": answers(a.health, "health", "Whether the process answers, and since when", healthAnswer{})}},
		{"/livez", "liveness: the process answers", methods{"GET": answers(livez, "livez", "Liveness: the process answers", aliveAnswer{})}},
		{"/healthz", "the same as /livez", methods{"GET": answers(livez, "healthz", "The same as /livez", aliveAnswer{})}},
		{"/readyz", "readiness: draining, saturated", methods{"GET": a.readyzOperation()}},
	}
}

func (a *API) readyzOperation() operation {
	o := answers(a.readyz, "readyz", "Readiness: whether to send work here", readiness{})
	o.About = "Notes are worth knowing and no reason to send work elsewhere, such as a configuration file that was refused: the last good one is in force."
	o.Answers = append(o.Answers, openapi.Answer{Status: 503, About: "draining or saturated: the same form", Type: typeJSON, Value: readiness{}})
	return o
}

func (a *API) reads() []entry {
	decisions := answers(a.decisions, "decisions", "The recorded decisions, newest last", []helix.Decision{})
	decisions.Parameters = []openapi.Parameter{inQuery("n", "how many, at most", openapi.Schema{"type": "integer", "minimum": 1, "maximum": maxDecisions, "default": defaultDecisions})}
	explained := answers(a.explanations, "explanations", "The newest decisions, each with all that led to it, newest last", []helix.Explanation{})
	explained.About = "Under load the last 1024 decisions pass within milliseconds: who asks for the list first and then for one of them finds it gone."
	explained.Parameters = []openapi.Parameter{inQuery("n", "how many, at most", openapi.Schema{"type": "integer", "minimum": 1, "maximum": maxExplanations, "default": defaultExplanations})}
	past := answers(a.history, "history", "The last five minutes, second by second, in columns", history.Table{})
	past.Parameters = []openapi.Parameter{inQuery("after", "a time in Unix seconds: only newer samples", openapi.Schema{"type": "number", "minimum": 0})}
	return []entry{
		{"/api/stats", "what was asked of the router and how it ended", methods{"GET": answers(a.stats, "stats", "What was asked of the router and how it ended, since its start", statsAnswer{})}},
		{"/api/history", "the last five minutes, second by second; ?after=UNIX_SECONDS", methods{"GET": past}},
		{"/api/neural", "what the learner knows, as the weights file has it", methods{"GET": answers(a.neural, "neural", "What the learner knows, in the form of the weights file", helix.NeuralSnapshot{})}},
		{"/api/autoscaler", "the pool's width and what is recommended of it", methods{"GET": answers(a.autoscaler, "autoscaler", "How many jobs may run at a time, and what is recommended", autoscalerAnswer{})}},
		{"/api/fleet", "the other machines that jobs are sent to", methods{"GET": answers(a.fleet, "fleet", "The other machines that jobs can be sent to, and what they make of them", fleetAnswer{})}},
		{"/api/decisions", "the recorded decisions, newest last; ?n=100", methods{"GET": decisions}},
		{"/api/decisions/{seq}", "one of them, with its explanation", methods{"GET": answers(a.decision, "decision", "One recorded decision, with all that led to it", helix.Explanation{})}},
		{"/api/explanations", "the newest decisions, each with its explanation; ?n=16", methods{"GET": explained}},
		{"/api/stream/decisions", "the decisions as they are made (server-sent events); ?kind= ?strategy= ?sample=0.1 ?last_event_id=", methods{"GET": a.streamOperation()}},
	}
}

func (a *API) streamOperation() operation {
	o := page(a.stream, "streamDecisions", "The decisions as they are made, as server-sent events", "text/event-stream")
	o.About = `Each decision is an event without a type (onmessage): its id is seq, its data one line of JSON, a row of /api/decisions. At most 25,600 a second are recorded, 8,192 of them at once; beyond that it is a sample.

A reader that is too slow, or comes back too late, loses decisions. It is told with an event of the type lost, whose data is {"lost":N,"first":SEQ,"last":SEQ}: so many decisions between these numbers, whatever the filter. Who listens to onmessage alone does not see it and is not disturbed by it. A reader that takes nothing for 5 s is cut.

A reader that comes back with Last-Event-ID gets what it missed from the last 1024 decisions. Comments keep the connection alive; an id without data only moves Last-Event-ID on. The stream ends when the server drains. Where as many streams are open as may be the answer is 503, which a browser's EventSource does not retry by itself.`
	o.Parameters = []openapi.Parameter{
		{Name: "kind", In: "query", About: "only decisions about these kinds; repeated or separated by commas", Schema: openapi.Schema{"type": "string"}, Repeats: true},
		{Name: "strategy", In: "query", About: "only decisions for these strategies; repeated or separated by commas", Schema: openapi.Schema{"type": "string"}, Repeats: true},
		inQuery("sample", "the share of decisions to send; which ones depends on seq alone", openapi.Schema{"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 1}),
		inQuery("last_event_id", "the same as the header, for who cannot set one; the header comes first", openapi.Schema{"type": "integer", "minimum": 0}),
		{Name: "Last-Event-ID", In: "header", About: "the number of the last decision that the reader has", Schema: openapi.Schema{"type": "integer", "minimum": 0}},
	}
	return o
}
